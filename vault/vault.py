from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from vault.api_keys import ApiKeys
from vault.connections import Connections
from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.errors import TamperedSecret, WrongKey
from vault.holdings import Holdings, read_holdings
from vault.key_provider_errors import KeyProviderDenied
from vault.keys import KeyProvider
from vault.migration import check_migrated
from vault.one_time import OneTime
from vault.paces import Paces
from vault.reaching import read_reaching
from vault.sessions import Sessions
from vault.tables import key_checks
from vault.times import Clock, utc_now
from vault.trigger_addresses import TriggerAddresses
from vault.trigger_secrets import TriggerSecrets
from vault.variables import Variables
from vault.webhook_tokens import WebhookTokens

May = Literal["seal", "open", "both"]
"""What a process may do with the key of tokens and secret variables: an API seals, a worker opens."""

CHECK_ID = 1
HOOK_CHECK_ID = 2
_CHECK_TEXT = "durable-steps"


class Vault:
    """Keep connections, variables, API keys, sessions and single-use tokens in one database."""

    connections: Connections
    variables: Variables
    api_keys: ApiKeys
    sessions: Sessions
    one_time: OneTime
    webhook_tokens: WebhookTokens
    trigger_secrets: TriggerSecrets
    trigger_addresses: TriggerAddresses
    paces: Paces

    def __init__(
        self, database: Database, envelope: Envelope, hook_envelope: Envelope, now: Clock, may: May = "both"
    ) -> None:
        self._database = database
        self._envelope, self._hook_envelope = envelope, hook_envelope
        self._may: May = may
        self.connections = Connections(database, envelope, now)
        self.variables = Variables(database, envelope, now)
        self.api_keys = ApiKeys(database, now)
        self.sessions = Sessions(database, now)
        self.one_time = OneTime(database, now)
        self.webhook_tokens = WebhookTokens(database, hook_envelope, now)
        self.trigger_secrets = TriggerSecrets(database, hook_envelope, now)
        self.trigger_addresses = TriggerAddresses(database, now)
        self.paces = Paces(database)

    @classmethod
    async def open(
        cls,
        database_url: str,
        keys: KeyProvider,
        hook_keys: KeyProvider | None = None,
        *,
        now: Clock = utc_now,
        may: May = "both",
    ) -> Vault:
        """Open the vault and make sure that the database and the keys fit together.

        The hook key seals what the API itself must verify; without one, it is the same as for everything else.

        Raises:
            VaultNotMigrated: the database does not have the tables of this version.
            WrongKey: the database was sealed with another key.
            VaultUnavailable: the database or the key provider does not answer.
        """
        envelope = Envelope(keys)
        hook_envelope = envelope if hook_keys is None else Envelope(hook_keys)
        vault = cls(Database(database_url), envelope, hook_envelope, now, may)
        try:
            await vault.ready()
        except BaseException:
            await vault.close()
            raise
        return vault

    async def ready(self) -> None:
        """Return when the database answers and the key opens what it sealed; raise a VaultError otherwise."""
        await check_migrated(self._database)
        await self._check_key(self._envelope, CHECK_ID, self._may)
        if self._hook_envelope is not self._envelope and self._may != "open":
            await self._check_key(self._hook_envelope, HOOK_CHECK_ID, "both")

    async def holdings(self, workflow: str, *, most: int) -> Holdings:
        """Return what a run of the workflow may use, as of one moment; no handles where there are more than `most`."""
        return await read_holdings(self._database, workflow, most)

    async def reaching(
        self, provider: str, *, accounts: Collection[str] | None, workspace: str | None
    ) -> tuple[str, ...]:
        """Return the handles of connections to these accounts; where it is None, of those to the workspace."""
        return await read_reaching(self._database, provider, accounts, workspace)

    async def close(self) -> None:
        """Close every connection to the database and to the key provider."""
        await self._envelope.close()
        await self._hook_envelope.close()
        await self._database.close()

    async def _check_key(self, envelope: Envelope, check: int, may: May) -> None:
        sealed = await self._stored_check(check)
        if sealed is None:
            try:
                sealed = await self._store_check(envelope, check)
            except KeyProviderDenied:
                if may == "open":
                    return  # nothing has been sealed yet: there is nothing that it could fail to open
                raise
        text = None
        try:
            if may == "seal":
                await envelope.check(sealed, check_context(check))
                return
            text = await envelope.open(sealed, check_context(check))
        except (TamperedSecret, WrongKey):
            pass
        if text != _CHECK_TEXT:
            raise WrongKey(
                "This key does not open this database. Start with the key (file) that the database was made with; "
                "nothing has been read or changed."
            )

    async def _stored_check(self, check: int) -> bytes | None:
        async with self._database.read() as connection:
            wanted = select(key_checks.c.sealed).where(key_checks.c.id == check)
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def _store_check(self, envelope: Envelope, check: int) -> bytes:
        """Seal the check at the first open; when another process was first, return its check."""
        sealed = await envelope.seal(_CHECK_TEXT, check_context(check))
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(key_checks).values(id=check, sealed=sealed))
        except IntegrityError:
            return await self._stored_check(check) or sealed
        return sealed


def check_context(check: int = CHECK_ID) -> bytes:
    """Name what the check of a key is bound to; docker/openbao-policies/api.hcl holds its hash."""
    return context_of("key_checks", str(check), "sealed")
