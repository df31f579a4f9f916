from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from vault.api_keys import ApiKeys
from vault.connections import Connections
from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.errors import TamperedSecret, WrongKey
from vault.holdings import Holdings, read_holdings
from vault.keys import KeyProvider
from vault.migration import check_migrated
from vault.one_time import OneTime
from vault.paces import Paces
from vault.reaching import read_reaching
from vault.sessions import Sessions
from vault.tables import key_checks
from vault.times import Clock, utc_now
from vault.variables import Variables
from vault.webhook_tokens import WebhookTokens

_CHECK_ID = 1
_CHECK_TEXT = "durable-steps"
CHECK_CONTEXT = context_of("key_checks", str(_CHECK_ID), "sealed")


class Vault:
    """Keep connections, variables, API keys, sessions and single-use tokens in one database."""

    connections: Connections
    variables: Variables
    api_keys: ApiKeys
    sessions: Sessions
    one_time: OneTime
    webhook_tokens: WebhookTokens
    paces: Paces

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database = database
        self._envelope = envelope
        self.connections = Connections(database, envelope, now)
        self.variables = Variables(database, envelope, now)
        self.api_keys = ApiKeys(database, now)
        self.sessions = Sessions(database, now)
        self.one_time = OneTime(database, now)
        self.webhook_tokens = WebhookTokens(database, envelope, now)
        self.paces = Paces(database)

    @classmethod
    async def open(cls, database_url: str, keys: KeyProvider, *, now: Clock = utc_now) -> Vault:
        """Open the vault and make sure that the database and the key fit together.

        Raises:
            VaultNotMigrated: the database does not have the tables of this version.
            WrongKey: the database was sealed with another key.
            VaultUnavailable: the database or the key provider does not answer.
        """
        vault = cls(Database(database_url), Envelope(keys), now)
        try:
            await check_migrated(vault._database)
            await vault._check_key()
        except BaseException:
            await vault.close()
            raise
        return vault

    async def ready(self) -> None:
        """Return when the database answers and the key opens what it sealed; raise a VaultError otherwise."""
        await check_migrated(self._database)
        await self._check_key()

    async def holdings(self, workflow: str, *, most: int) -> Holdings:
        """Return what a run of the workflow may use, as of one moment; no handles where there are more than `most`."""
        return await read_holdings(self._database, workflow, most)

    async def reaching(
        self, provider: str, *, accounts: Collection[str] | None, workspace: str | None
    ) -> tuple[str, ...]:
        """Return the handles of connections to these accounts; where it is None, of those to the workspace."""
        return await read_reaching(self._database, provider, accounts, workspace)

    async def close(self) -> None:
        """Close every connection to the database."""
        await self._database.close()

    async def _check_key(self) -> None:
        sealed = await self._stored_check() or await self._store_check()
        try:
            text = await self._envelope.open(sealed, CHECK_CONTEXT)
        except (TamperedSecret, WrongKey):
            text = None
        if text != _CHECK_TEXT:
            raise WrongKey(
                "This key does not open this database. Start with the key (file) that the database was made with; "
                "nothing has been read or changed."
            )

    async def _stored_check(self) -> bytes | None:
        async with self._database.read() as connection:
            wanted = select(key_checks.c.sealed).where(key_checks.c.id == _CHECK_ID)
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def _store_check(self) -> bytes:
        """Seal the check at the first open; when another process was first, return its check."""
        sealed = await self._envelope.seal(_CHECK_TEXT, CHECK_CONTEXT)
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(key_checks).values(id=_CHECK_ID, sealed=sealed))
        except IntegrityError:
            return await self._stored_check() or sealed
        return sealed
