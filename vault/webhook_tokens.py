from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.secret import Secret
from vault.tables import webhook_tokens
from vault.times import USE_NOTED_EVERY, Clock
from vault.tokens import digest, new_id
from vault.webhook_errors import WebhookTokenUnclear, WebhookTokenUnknown

MOST_PENDING = 4
"""Of one provider; whoever knows the address can send any number."""


@dataclass(frozen=True)
class WebhookToken:
    """What a provider's events are signed with: received, then revealed to an operator, then verified by an event."""

    id: str
    provider: str
    received_at: datetime
    revealed_at: datetime | None
    verified_at: datetime | None
    last_event_at: datetime | None


class WebhookTokens:
    """Keep, sealed, the tokens that providers sign their events with.

    The one in force is the one that an event was last verified with. Others are pending beside it. A token counts only
    once an operator has seen it: the provider sends no event before the operator has pasted it into the provider's
    page, so one that nobody has seen is a stranger's.
    """

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database = database
        self._envelope = envelope
        self._now = now

    async def receive(self, provider: str, token: Secret) -> WebhookToken:
        """Store a token that came in a handshake; one that came before is the newest again, and stays what it is.

        The oldest of too many pending ones goes, first of those that nobody has seen.
        """
        known = (webhook_tokens.c.provider == provider, webhook_tokens.c.digest == digest(token.reveal()))
        token_id = new_id()
        row = {
            "id": token_id,
            "provider": provider,
            "digest": digest(token.reveal()),
            "sealed": await self._envelope.seal(
                token.reveal(), context_of_webhook_token(token_id, provider, revealed=False)
            ),
            "received_at": self._now(),
        }
        try:
            async with self._database.write() as connection:
                again = update(webhook_tokens).where(*known).values(received_at=row["received_at"])
                found = (await connection.execute(again.returning(webhook_tokens))).first()
                if found is not None:
                    return _token(found)
                made = (await connection.execute(insert(webhook_tokens).values(row).returning(webhook_tokens))).one()
                surplus = _surplus((await connection.execute(_of(provider))).all(), made.id)
                await connection.execute(delete(webhook_tokens).where(webhook_tokens.c.id.in_(surplus)))
        except IntegrityError:  # the same handshake, at the same time
            [(found,)] = await self._database.rows(select(webhook_tokens).where(*known))
            return _token(found)
        return _token(made)

    async def list(self, provider: str) -> list[WebhookToken]:
        """Return the provider's tokens, the newest first."""
        return [_token(row) for row in await self._rows(provider)]

    async def reveal(self, provider: str, token_id: str | None = None) -> tuple[WebhookToken, Secret]:
        """Return the only token, or the one of this id, for an operator to see: from then on it counts.

        Raises:
            WebhookTokenUnknown: the provider has sent none, or none of this id.
            WebhookTokenUnclear: there are several, and none is named: one may be a stranger's.
            TamperedSecret: the stored token was changed or moved.
        """
        rows = [row for row in await self._rows(provider) if token_id in (None, row.id)]
        if not rows:
            raise WebhookTokenUnknown(
                "No such verification token has come. Make the subscription at the provider first, with the address "
                "that the command line shows."
            )
        if len(rows) > 1:
            raise WebhookTokenUnclear(
                f"{len(rows)} verification tokens have come, and whichever is shown counts from then on. Name the one "
                "of the subscription that you made, by its id."
            )
        row = rows[0]
        token = await self._open(row)
        if row.revealed_at is not None:
            return _token(row), token
        # Sealed again: who can write to the database alone must not have a token count that nobody has seen.
        sealed = await self._envelope.seal(token.reveal(), context_of_webhook_token(row.id, provider, revealed=True))
        revealed = update(webhook_tokens).where(webhook_tokens.c.id == row.id).returning(webhook_tokens)
        async with self._database.write() as connection:
            after = (await connection.execute(revealed.values(sealed=sealed, revealed_at=self._now()))).first()
        if after is None:
            raise WebhookTokenUnknown("Newer tokens have taken the place of this one. Look again.")
        return _token(after), token

    async def counting(self, provider: str) -> Sequence[tuple[WebhookToken, Secret]]:
        """Return the tokens that an event may be signed with: those that an operator has seen, the newest first."""
        rows = [row for row in await self._rows(provider) if row.revealed_at is not None]
        return [(_token(row), await self._open(row)) for row in rows]

    async def note_event(self, token: WebhookToken) -> bool:
        """Take note of an event that the token signed; tell whether it is in force only now, in the place of others."""
        now = self._now()
        if token.verified_at is not None:
            if token.last_event_at is None or now - token.last_event_at >= USE_NOTED_EVERY:
                await self._change(token, last_event_at=now)
            return False
        # What was in force, and what came before this one, is over.
        over = (webhook_tokens.c.verified_at.is_not(None)) | (webhook_tokens.c.received_at < token.received_at)
        others = (webhook_tokens.c.provider == token.provider, webhook_tokens.c.id != token.id, over)
        async with self._database.write() as connection:
            await connection.execute(delete(webhook_tokens).where(*others))
            mine = update(webhook_tokens).where(webhook_tokens.c.id == token.id)
            await connection.execute(mine.values(verified_at=now, last_event_at=now))
        return True

    async def _change(self, token: WebhookToken, **values: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(webhook_tokens).where(webhook_tokens.c.id == token.id).values(values))

    async def _rows(self, provider: str) -> Sequence[Row[Any]]:
        [rows] = await self._database.rows(_of(provider))
        return rows

    async def _open(self, row: Row[Any]) -> Secret:
        context = context_of_webhook_token(row.id, row.provider, revealed=row.revealed_at is not None)
        return Secret(await self._envelope.open(row.sealed, context))


def _of(provider: str) -> Any:
    newest = (webhook_tokens.c.received_at.desc(), webhook_tokens.c.id)
    return select(webhook_tokens).where(webhook_tokens.c.provider == provider).order_by(*newest)


def _surplus(rows: Sequence[Row[Any]], kept: str) -> list[str]:
    """Return the pending ones that are too many, beside the one that has just come; rows are the newest first."""
    pending = [row for row in rows if row.verified_at is None and row.id != kept]
    by_worth = sorted(pending, key=lambda row: row.revealed_at is None)  # stable: the newest stays first
    return [row.id for row in by_worth[MOST_PENDING - 1 :]]


def context_of_webhook_token(token_id: str, provider: str, *, revealed: bool) -> bytes:
    """Name what a token is bound to."""
    return context_of("webhook_tokens", token_id, "sealed", provider, "revealed" if revealed else "received")


def _token(row: Row[Any]) -> WebhookToken:
    return WebhookToken(row.id, row.provider, row.received_at, row.revealed_at, row.verified_at, row.last_event_at)
