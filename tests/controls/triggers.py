"""Triggers."""

from __future__ import annotations

from tests.controls import Control, Controls

_SIGNATURES = "tests/api/test_signatures.py"
_TRIGGERS = "tests/api/test_signed_triggers.py"
_SECRETS = "tests/vault/test_trigger_secrets.py"
_CHECK = "api/signatures.py"
_VERIFY = "        Webhook(secret.reveal()).verify(raw, given, json_parse=False)\n"
_WITHOUT_A_WINDOW = """        from datetime import UTC, datetime

        at = datetime.fromtimestamp(int(given["webhook-timestamp"]), UTC)
        return Webhook(secret.reveal()).sign(given["webhook-id"], at, raw.decode()) in given["webhook-signature"]
"""
_REPLAYED = f"{_TRIGGERS}::test_a_hundred_replays_under_whatever_ids_start_one_run"
_STARTED = f"{_TRIGGERS}::test_a_signed_delivery_starts_a_run_and_nothing_does_before_the_secret_is_set"
_TOO_MANY = "tests/api/test_delivery_limits.py::test_more_deliveries_than_the_limit_are_told_when_to_come_again"

CONTROLS: Controls = [
    Control(
        threat="Somebody who knows the address of a signed trigger starts runs",
        control="A delivery counts only with a signature by a secret of this trigger",
        test=f"{_SIGNATURES}::test_what_is_signed_counts_with_each_secret_and_nothing_else_does",
        path=_CHECK,
        present="    if not any(matches):\n        raise _refused(signed)\n    return None if",
        absent="    return None if",
    ),
    Control(
        threat="The time of the answer tells how much of a signature was right",
        control="Signatures are compared in constant time; no comparison in the code takes its time over a secret",
        test="tests/test_constant_time.py::test_what_is_named_as_a_secret_is_compared_in_constant_time",
        path=_CHECK,
        present="hmac.compare_digest(_expected(signed, secret, raw), given) for",
        absent="_expected(signed, secret, raw) == given for",
    ),
    Control(
        threat="A body that means the same to one parser, and something else to another, passes as the signed one",
        control="The bytes that came are what is signed, before anything reads them",
        test=f"{_SIGNATURES}::test_the_bytes_are_signed_and_not_what_they_mean",
        path=_CHECK,
        present="    mac = hmac.digest(secret.reveal().encode(), raw, hashlib.sha256)\n",
        absent="    raw = bytes(raw).replace(b' ', b'')\n"
        "    mac = hmac.digest(secret.reveal().encode(), raw, hashlib.sha256)\n",
    ),
    Control(
        threat="A signature that comes twice is read differently by two parties",
        control="A header that signs must be there exactly once",
        test=f"{_SIGNATURES}::test_what_is_signed_counts_with_each_secret_and_nothing_else_does",
        path=_CHECK,
        present="    if len(values) != 1:\n",
        absent="    if not values:\n",
    ),
    Control(
        threat="A Standard Webhook that was overheard is sent again much later",
        control="A time more than five minutes ago is refused, and the time is signed",
        test=f"{_SIGNATURES}::test_a_time_far_away_is_refused[-6]",
        path=_CHECK,
        present=_VERIFY,
        absent=_WITHOUT_A_WINDOW,
    ),
    Control(
        threat="A Standard Webhook is signed ahead, to be sent when its sender has lost the secret",
        control="A time more than five minutes ahead is refused",
        test=f"{_SIGNATURES}::test_a_time_far_away_is_refused[6]",
        path=_CHECK,
        present=_VERIFY,
        absent=_WITHOUT_A_WINDOW,
    ),
    Control(
        threat="A delivery that was overheard is sent again, under another id or with another query",
        control="What tells signed deliveries apart is what is signed: the body, or the id of Standard Webhooks",
        test=_REPLAYED,
        path="api/hooks.py",
        present="            key=signed_as or delivery_id(request.headers),\n",
        absent="            key=delivery_id(request.headers),\n",
    ),
    Control(
        threat="Somebody adds data of his own to a signed delivery",
        control="The query, which nothing signs, is left out",
        test=_STARTED,
        path="api/hooks.py",
        present="    data = body if cls.signed else merged(request.query_params, body)\n",
        absent="    data = merged(request.query_params, body)\n",
    ),
    Control(
        threat="A trigger takes anything until somebody sets its secret",
        control="Until then nothing is taken, and the answer says what is left to do",
        test=_STARTED,
        path=_CHECK,
        present="    if not secrets:\n",
        absent="    if not secrets:\n        return None\n",
    ),
    Control(
        threat="A stranger who knows the address brings a token of his own, as Notion does, and signs with it",
        control="A token that came counts for nothing before an operator has seen it and taken it over",
        test="tests/api/test_handshakes.py::test_notions_handshake_brings_the_token_that_an_operator_lets_count",
        path="api/handshakes.py",
        present="    await tokens.receive(provider, secret)\n",
        absent="    await tokens.receive(provider, secret)\n"
        "    await (await services.vault()).trigger_secrets.set('FromNotion', secret)\n",
    ),
    Control(
        threat="An event that Notion sends again is another run, for its body says which attempt it is",
        control="What tells Notion's events apart is their id, which is signed with the rest",
        test="tests/api/test_handshakes.py::test_notions_handshake_brings_the_token_that_an_operator_lets_count",
        path="api/hooks.py",
        present='        signed_as = f"notion-{event}"',
        absent='        signed_as = signed_as or f"notion-{event}"',
    ),
    Control(
        threat="A secret that was replaced is good for ever",
        control="It counts for as long as was said, 30 days at most",
        test=f"{_SECRETS}::test_a_secret_counts_until_it_is_replaced_and_as_long_as_it_is_kept",
        path="vault/trigger_secrets.py",
        present="trigger_secrets.c.until > self._now())",
        absent="trigger_secrets.c.until.is_not(None))",
    ),
    Control(
        threat="A secret has leaked, and one before it still counts when it is replaced",
        control="Without `--keep` the new one counts alone, whatever was kept before",
        test=f"{_SECRETS}::test_without_keeping_the_new_one_counts_alone_whatever_was_kept_before",
        path="vault/trigger_secrets.py",
        present="        longer = or_(trigger_secrets.c.until.is_(None), trigger_secrets.c.until > until)\n",
        absent="        longer = or_(trigger_secrets.c.until.is_(None))\n",
    ),
    Control(
        threat="Whoever reads the database signs deliveries",
        control="The secrets of triggers are sealed",
        test=f"{_SECRETS}::test_the_database_holds_it_sealed_and_for_its_own_workflow",
        path="vault/trigger_secrets.py",
        present="        sealed = await self._envelope.seal(text, context_of_trigger_secret(made.id, workflow))\n",
        absent="        sealed = text.encode()\n",
    ),
    Control(
        threat="Whoever writes to the database gives a trigger the secret of another one, which he knows",
        control="A secret is sealed for its workflow",
        test=f"{_SECRETS}::test_the_database_holds_it_sealed_and_for_its_own_workflow",
        path="vault/trigger_secrets.py",
        present='    return context_of("trigger_secrets", id, "sealed", workflow)',
        absent='    return context_of("trigger_secrets", id, "sealed")',
    ),
    Control(
        threat="A secret that was set is read back",
        control="It is used and never shown: answers and pages say when it was set, and how long it counts",
        test=f"{_TRIGGERS}::test_no_answer_shows_a_secret_that_was_set",
        path="api/triggers.py",
        present="    return SecretView(scheme=signed.scheme, created_at=made.created_at, until=None)\n",
        absent="    return SecretView(scheme=secret.reveal(), created_at=made.created_at, until=None)\n",
    ),
    Control(
        threat="Whoever reads runs finds the secret that a sender puts into a header",
        control="What a delivery is signed with is no part of the headers that a run keeps",
        test=_STARTED,
        path="api/delivery.py",
        present=' or name.startswith("proxy-") or name == secret_name:',
        absent=' or name.startswith("proxy-"):',
    ),
    Control(
        threat="A secret that somebody wrote into a class by mistake stands in the log",
        control="A class that does not load is told what it holds, and not the value",
        test="tests/steps/test_signed.py",
        path="steps/definition.py",
        present='        f"{workflow.__name__}.signed is a {kind}: write `signed = Shopify()`',
        absent='        f"{workflow.__name__}.signed is a {kind}, {signed}: write `signed = Shopify()`',
    ),
    Control(
        threat="A stranger learns which workflows there are",
        control="A wrong address gets the same answer, whichever half of it is wrong",
        test="tests/api/test_hooks.py::test_nothing_tells_what_is_wrong_with_an_address",
        path="api/hooks.py",
        present='HookUnknown("Check the address: it is shown beside the workflow, to those who have signed in.")',
        absent='HookUnknown(f"Check the address of {name}.")',
    ),
    Control(
        threat="An address that leaked starts runs for ever",
        control="It is replaced, and ends when it was said to",
        test="tests/api/test_trigger_addresses.py::test_a_replaced_address_is_good_for_as_long_as_it_is_kept",
        path="vault/trigger_addresses.py",
        present="        earlier = self.earlier_until is not None and self.earlier_until > now\n",
        absent="        earlier = self.earlier_until is not None\n",
    ),
    Control(
        threat="While the vault is down, an address that was replaced counts again",
        control="An API that has not heard from the vault takes none; one that has goes by what it heard",
        test="tests/api/test_trigger_addresses.py::test_which_addresses_were_replaced_is_known_before_any_counts",
        path="api/addresses.py",
        present="        except VaultError:\n            if self._known is None:\n                raise\n",
        absent="        except VaultError:\n            pass\n",
    ),
    Control(
        threat="Guesses of addresses wear out the API",
        control="A client whose addresses are wrong is held up after a tenth of what others may send",
        test="tests/api/test_delivery_limits.py::test_wrong_addresses_are_answered_alike_and_limited_sooner",
        path="api/hooks.py",
        present="        services.deliveries.take_wrong(request)\n",
        absent="",
    ),
    Control(
        threat="A flood of deliveries to one trigger starts a flood of runs",
        control="A trigger takes so many a minute, whoever sends them",
        test=f"{_TOO_MANY}[of one trigger]",
        path="api/pace.py",
        present='        self._hit(self._good, f"to {workflow}")\n',
        absent="",
    ),
    Control(
        threat="One sender floods all triggers",
        control="A client address may send so many a minute",
        test=f"{_TOO_MANY}[of one sender]",
        path="api/pace.py",
        present='        self._hit(self._good, f"from {place_of(request)}")\n',
        absent="",
    ),
    Control(
        threat="A sender that is held up tries at once again, or gives up",
        control="The answer says after how many seconds to come again",
        test=f"{_TOO_MANY}[of one sender]",
        path="api/pace.py",
        present='            headers={"Retry-After": str(seconds)},\n',
        absent="",
    ),
    Control(
        threat="A body of any size fills the memory",
        control="A body that says it is over the limit is refused unread",
        test="tests/api/test_guards.py::test_a_body_that_says_it_is_too_large_is_not_read",
        path="api/body_limit.py",
        present="            self._check_announced(scope, limit)\n",
        absent="",
    ),
    Control(
        threat="A body that does not say its size fills the memory",
        control="What comes is counted, and refused at the limit",
        test="tests/api/test_guards.py::test_a_body_is_refused_by_counting",
        path="api/body_limit.py",
        present="            if size > limit:\n",
        absent="            if size > limit and size < limit:\n",
    ),
    Control(
        threat="A body nests so deep that whoever reads it fails",
        control="JSON of more than 64 levels is refused",
        test="tests/api/test_hooks.py::test_bodies_that_are_refused",
        path="api/json_body.py",
        present="        if any(isinstance(item, (dict, list)) for item in level):\n            raise _too_deep()\n",
        absent="        pass\n",
    ),
]
