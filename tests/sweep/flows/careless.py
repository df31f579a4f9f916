# Steps are written here as careless authors write them: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, SharedHeader, Shopify, Workflow


class Holder:
    """Show what it holds in every error that it has to do with."""

    def __init__(self, token, answer):
        self.token, self.answer = token, answer

    def __repr__(self):
        return f"Holder({self.token}, {self.answer})"


class Careless(Workflow):
    """Put whatever there is into results, logs, stores and errors."""

    async def start(self, data, headers, api: Api):
        token = await api.get_oauth_token(data.get("handle", "acme-crm"))
        told = {"Authorization": f"Bearer {token}", "X-Key": api.env.get("ACME_KEY", "none")}
        if "basic" in data:
            told["Authorization"] = f"Basic {token}"
        answer = await api.fetch(f"https://api.acme.test/{data['path']}", method="POST", headers=told, json=data)
        held = Holder(token, answer)
        api.log(f"{held} {answer.headers} {answer.text} {headers}")
        await api.store.set("answer", answer.text)
        if data["path"] == "fails":
            raise RuntimeError(f"{held!r}: {answer.status} {answer.text}")
        return {"held": repr(held), "said": answer.json(), "headers": headers}


class FromShop(Workflow):
    """Take what a shop signs, and keep its headers."""

    signed = Shopify()

    async def start(self, data, headers, api: Api):
        api.log(f"{data} {headers}")
        return headers


class FromForm(FromShop):
    """Take what brings its secret in a header, and keep the headers."""

    signed = SharedHeader("X-Form-Secret")
