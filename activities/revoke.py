from __future__ import annotations

import logging

import httpx

from activities.egress import Egress
from activities.exchange import Exchange
from steps.connection_tasks import Doomed, Forgetting, Revoked
from steps.errors import FetchFailed, VaultFailed
from vault import Opened, Revocation, Vault, VaultError
from vault.registrations import Registrations
from vault.revoking import may_change, revocations, was_revoked

logger = logging.getLogger("worker")

_SECONDS = 10.0  # for one call
_TOLD = {
    "revoked": "it is revoked at %(provider)s",
    "refused": "%(provider)s refused to revoke it: remove it in the settings of %(provider)s, too",
    "unreached": "%(provider)s could not be reached: remove it in the settings of %(provider)s, too",
    "impossible": "it could not be revoked at %(provider)s: remove it in the settings of %(provider)s, too",
}


class Revoker:
    """End what a provider has authorized, for connections that are being deleted."""

    def __init__(self, vault: Vault, egress: Egress, registrations: Registrations) -> None:
        self._deletions, self._egress, self._registrations = vault.connections.deletions, egress, registrations

    async def revoke(self, doomed: Doomed) -> Revoked:
        """Revoke the tokens at their provider; said again of what has ended already, it is the same.

        Raises:
            FetchFailed: the provider is not reached, or out of order; it may be asked again.
            VaultFailed: the vault is out, or a refresh is under way; it may be asked again.
        """
        try:
            opened = await self._deletions.open(doomed.id)
        except VaultError as error:
            if error.retryable:
                raise VaultFailed(f"{error} ({error.type})") from None
            logger.error("The tokens of %s cannot be opened to be revoked: %s", doomed.handle, error)
            return Revoked(revocation="impossible")
        if opened is None:
            return Revoked(revocation="revoked")  # forgotten already, by an attempt whose answer was lost
        statuses: list[int] = []
        for request in self._requests(opened):
            answer = await self._egress.send_to_provider(request, Exchange(request.url.host), _SECONDS)
            if may_change(answer.status):
                raise FetchFailed(
                    f"{request.url.host} answered the revocation of {doomed.handle} with {answer.status}."
                )
            statuses.append(answer.status)
        if not statuses:
            return Revoked(revocation="impossible", version=opened.version)
        return Revoked(revocation="revoked" if was_revoked(statuses) else "refused", version=opened.version)

    async def forget(self, forgetting: Forgetting) -> bool:
        """Delete the connection, and tell whether it is gone: a pair that came in meanwhile is to be revoked first."""
        gone = await self._deletions.finish(
            forgetting.id, Revocation(forgetting.revocation), version=forgetting.version
        )
        if gone:
            left = await self._deletions.last(forgetting.handle)
            told = _TOLD[forgetting.revocation] % {
                "provider": self._registrations.title(left.provider) if left else "its provider"
            }
            level = logging.INFO if forgetting.revocation == "revoked" else logging.WARNING
            logger.log(level, "Connection %s is deleted: %s", forgetting.handle, told)
        return gone

    def _requests(self, opened: Opened) -> list[httpx.Request]:
        # None also for a provider that this deployment no longer knows.
        registration = self._registrations.get(opened.connection.provider)
        return [] if registration is None else revocations(registration, opened.tokens)
