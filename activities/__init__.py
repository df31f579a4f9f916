"""Everything of a run that touches the outside: calls, connections, variables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, FailureError

from activities.connections import ActiveConnections
from activities.egress import Egress
from activities.heartbeat import Pulse, heartbeats
from activities.network import Resolver, resolve
from activities.notion import Adapted, Notion, Once, PlainFetch, Records, Sources, Uploads
from activities.pace import Pacer
from activities.refresh import Refresher
from activities.revoke import Revoker
from activities.schedules import read_occurrence
from activities.seals import Seals
from activities.sending import Sender
from activities.tasks import ConnectionTasks
from activities.telling import Teller
from activities.trial import Trials
from activities.variables import read_variables
from activities.waits import open_wait
from settings import Settings
from steps.errors import ConnectionNeedsReauthorization, ConnectionNotFound, StepsError, VaultFailed
from steps.given import Given
from steps.http import ConnectionRequest, FetchRequest, NotionRequest, Response, VariablesRequest
from steps.notion.records import RecordAnswer, RecordRequest
from steps.notion.upload import UploadRequest
from steps.pauses import PAUSING
from steps.scheduled import Occurrence, OccurrenceRequest
from steps.wait import OpenedWait, WaitRequest
from vault import ConnectionUnknown, Signer, Vault, VaultError
from vault import notion as provider  # not by its own name, which is that of a module here
from vault.registrations import Registrations

__all__ = ["Activities"]

T = TypeVar("T")
_WAITED_FOR = frozenset({*PAUSING, ConnectionNeedsReauthorization.type})


class Activities:
    """The activities that every workflow calls, for a worker to register."""

    def __init__(
        self,
        vault: Vault,
        signer: Signer,
        settings: Settings,
        resolver: Resolver = resolve,
        *,
        client: Client | None = None,
    ) -> None:
        self._client = client
        self._vault, self._signer, self._public_url = vault, signer, settings.public_url
        registrations = Registrations(settings)
        self._egress = Egress(settings, resolver, registrations.all())
        self._connections = ActiveConnections(vault, registrations)
        self._refresher = Refresher(vault, self._egress, registrations, self._connections)
        self._seals = Seals(vault, signer, self._connections, self._refresher)
        rates = dict.fromkeys(provider().hosts, settings.notion_requests_per_second)
        self._sender = Sender(self._egress, self._seals, Pacer(vault.paces, rates))
        once = Once(self._sender, settings.notion_settle_seconds)
        self._fetch = PlainFetch(self._sender, once, self._connections)
        notion_calls = Notion(once, self._seals, self._connections, settings.notion_version)
        sources = Sources()
        self._notion = Adapted(notion_calls, sources, settings.notion_version)
        self._records = Records(notion_calls, sources, settings.notion_version)
        self._uploads = Uploads(self._egress, notion_calls)
        self._tasks = ConnectionTasks(
            Revoker(vault, self._egress, registrations),
            Trials(vault, self._sender, self._seals, self._connections, settings),
            Teller(self._egress, settings),
        )

    def all(self) -> list[Callable[..., Any]]:
        """Return what a worker registers."""
        return [
            self.fetch,
            self.notion,
            self.record,
            self.upload,
            self.resolve_connection,
            self.await_connection,
            self.read_variables,
            self.open_wait,
            self.read_occurrence,
            *self._tasks.all(),
        ]

    async def close(self) -> None:
        """Wait for the tokens that are being refreshed, and close the connections; the vault stays open."""
        await self._refresher.close()
        await self._egress.close()

    @activity.defn
    async def fetch(self, request: FetchRequest) -> Response:
        """Make one HTTP call."""
        async with heartbeats() as pulse:
            return await _crossing(self._fetch.call(request, _workflow(), pulse), pulse)

    @activity.defn
    async def notion(self, request: NotionRequest) -> dict[str, Any]:
        """Make one call of Notion's API."""
        async with heartbeats() as pulse:
            return await _crossing(self._notion.call(request, _workflow(), pulse), pulse)

    @activity.defn
    async def record(self, request: RecordRequest) -> RecordAnswer:
        """Write or find records of a database."""
        async with heartbeats() as pulse:
            return await _crossing(self._records.answer(request, _workflow(), pulse), pulse)

    @activity.defn
    async def upload(self, request: UploadRequest) -> dict[str, Any]:
        """Fetch a file, and put it into Notion."""
        async with heartbeats() as pulse:
            return await _crossing(self._uploads.upload(request, _workflow(), pulse), pulse)

    @activity.defn
    async def resolve_connection(self, request: ConnectionRequest) -> str:
        """Return a sealed reference to an active connection's token."""
        await _crossing(self._connections.find(request.handle))
        return self._seals.make("connection", request.handle, _workflow())

    @activity.defn
    async def await_connection(self, request: ConnectionRequest) -> None:
        """Fail, for Temporal to ask again in a while, until somebody has connected the account again."""
        await _crossing(self._connections.find_again(request.handle))

    @activity.defn
    async def read_variables(self, request: VariablesRequest) -> Given:
        """Return a workflow's variables and connections, as sealed references where they are secret.

        The name is that in the history of runs under way, which a new one would park.
        """
        return await _crossing(read_variables(self._vault, self._signer, request, _workflow()))

    @activity.defn
    async def open_wait(self, request: WaitRequest) -> OpenedWait:
        """Return the token and the address of a wait of the run that asks."""
        return open_wait(self._signer, self._public_url, activity.info().workflow_id or "", request)

    @activity.defn
    async def read_occurrence(self, request: OccurrenceRequest) -> Occurrence:
        """Return which of its schedule's runs the run that asks is; needs the worker's Temporal client."""
        if self._client is None:
            raise RuntimeError("These activities were made without a Temporal client.")
        return await read_occurrence(self._client, request)


def _workflow() -> str:
    # None where no workflow started the activity; no proof was ever made for the empty name.
    return activity.info().workflow_type or ""


async def _crossing(call: Awaitable[T], pulse: Pulse | None = None) -> T:
    """Await a call, and raise as Temporal's failures what it raises; what the pulse leaves goes along."""
    failure: FailureError
    try:
        return await call
    except FailureError as error:
        failure = error
    except StepsError as error:
        failure = error.to_failure()
    except ConnectionUnknown as error:
        failure = ConnectionNotFound(str(error)).to_failure()
    except VaultError as error:
        # Also what the vault would not try again: an operator mends it, and the run waits.
        failure = VaultFailed(f"{error} ({error.type})").to_failure()
    # Not inside `except`: Temporal sends the context along, and what is there may hold opened headers.
    raise _pausing(failure, pulse)


def _pausing(failure: FailureError, pulse: Pulse | None) -> FailureError:
    """Add to what the run waits for that the call may have been made: the activity that follows has no other way."""
    left = pulse.left if pulse else None
    if not (left and left["doubtful"] and isinstance(failure, ApplicationError) and failure.type in _WAITED_FOR):
        return failure
    told: dict[str, Any] = failure.details[0] if failure.details else {}
    tried = {"since": left["since"], "open": left["open"]}
    again = {**told, "tried": tried}
    return ApplicationError(failure.message, again, type=failure.type, non_retryable=failure.non_retryable)
