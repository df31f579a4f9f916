"""The connections and variables of a simulated world, sealed as the real ones are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from steps.errors import ConnectionNeedsReauthorization, ConnectionNotFound, EgressDenied, SealInvalid
from steps.reconnection import how_to
from steps.sealed import PATTERN, Kind, SealedToken, make_reference

NOTION_HOSTS = ("api.notion.com",)
_PROOF = "simulated".ljust(43, "-")


class Secrets:
    """Know which handles are connected, and to which hosts each secret may go; no secret has a value here."""

    def __init__(self, env: Mapping[str, str], secret_env: Mapping[str, str | Iterable[str]]) -> None:
        self._plain = dict(env)
        self._variables = {name: _hosts(hosts) for name, hosts in secret_env.items()}
        self._connections: dict[str, tuple[str, ...]] = {}
        self.broken: set[str] = set()

    def connect(self, handle: str, hosts: Iterable[str] = NOTION_HOSTS) -> None:
        """Let a handle be that of an active connection."""
        self._connections[handle] = _hosts(hosts)
        self.broken.discard(handle)

    def reconnect(self, handle: str) -> None:
        """Let a connection be active again."""
        self._connections.setdefault(handle, NOTION_HOSTS)
        self.broken.discard(handle)

    def lose(self, handle: str) -> None:
        """Let a connection need to be connected again."""
        self._connections.setdefault(handle, NOTION_HOSTS)
        self.broken.add(handle)

    def env(self) -> dict[str, str]:
        """Return the variables, the secret ones as sealed references."""
        return self._plain | {name: make_reference("variable", name, _PROOF) for name in self._variables}

    def token(self, handle: str) -> SealedToken:
        """Return the sealed reference of an active connection.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: as the real vault does.
        """
        self.find(handle)
        return make_reference("connection", handle, _PROOF)

    def find(self, handle: str) -> tuple[str, ...]:
        """Return the hosts of an active connection; raises as `token` does."""
        if handle not in self._connections:
            known = f" The test has connected: {', '.join(self._connections)}." if self._connections else ""
            raise ConnectionNotFound(
                f"No connection has the handle {handle!r}.{known} Connect it with world.connect({handle!r})."
            )
        if handle in self.broken:
            raise needs_reauthorization(handle)
        return self._connections[handle]

    def check(self, scheme: str, host: str, headers: Mapping[str, str], elsewhere: str) -> None:
        """Refuse what the real worker refuses: a secret outside of a header, or for a host that it is not for.

        Raises:
            SealInvalid, EgressDenied, ConnectionNotFound, ConnectionNeedsReauthorization.
        """
        if PATTERN.search(elsewhere):
            raise SealInvalid("A sealed token belongs in the value of a request header, and stands elsewhere.")
        for value in headers.values():
            for match in PATTERN.finditer(value):
                hosts = self._hosts_of("connection" if match[1] == "connection" else "variable", match[2])
                if scheme != "https" or host not in hosts:
                    raise EgressDenied(
                        f"{shown(match[0])} may be sent to {', '.join(f'https://{name}' for name in hosts)} only; "
                        f"nothing was sent to {scheme}://{host}."
                    )

    def _hosts_of(self, kind: Kind, name: str) -> tuple[str, ...]:
        if kind == "connection":
            return self.find(name)
        if name not in self._variables:
            raise SealInvalid(f"There is no secret variable {name!r}.")
        return self._variables[name]


def needs_reauthorization(handle: str) -> ConnectionNeedsReauthorization:
    """Return what a step gets for a connection that was broken."""
    return ConnectionNeedsReauthorization(
        f"The connection {handle!r} has lost its authorization. Connect it again: {how_to(handle)}.", handle=handle
    )


def shown(text: str) -> str:
    """Return a text with each sealed reference as what it stands for, such as `<token of my-notion>`."""
    return PATTERN.sub(lambda match: f"<{'token of' if match[1] == 'connection' else 'secret'} {match[2]}>", text)


def _hosts(hosts: str | Iterable[str]) -> tuple[str, ...]:
    return (hosts,) if isinstance(hosts, str) else tuple(hosts)
