"""What one build declares, and the schedules that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio.client import ScheduleDescription, ScheduleHandle
from temporalio.service import RPCError, RPCStatusCode

from schedules.marks import declared_id, said_of
from schedules.reconcile import reconcile
from steps import Workflow
from steps.schedule import Schedule
from tests.conftest import eventually

if TYPE_CHECKING:
    from tests.schedules.conftest import Room


class Deployment:
    """What one build declares, and the schedules that come of it."""

    def __init__(self, room: Room) -> None:
        self.client, self.queue = room.client, room.queue
        self.room = room

    def classes(self, **schedules: Schedule | None) -> dict[str, type[Workflow]]:
        """Return classes of these names with these schedules."""
        found: dict[str, type[Workflow]] = {}
        for name, schedule in schedules.items():
            found[name] = type(name, (), {"schedule": schedule})  # pyright: ignore[reportArgumentType]  # all that is looked at
            self.room.made.append(declared_id(self.queue, name))
        return found

    async def deploy(self, *, complete: bool = True, **schedules: Schedule | None) -> None:
        await reconcile(self.client, self.queue, self.classes(**schedules), complete=complete)

    def handle(self, name: str) -> ScheduleHandle:
        return self.client.get_schedule_handle(declared_id(self.queue, name))

    async def seen(self, name: str) -> ScheduleDescription | None:
        try:
            return await self.handle(name).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def words(self, name: str) -> str:
        description = await self.seen(name)
        said = await said_of(self.client, description.schedule) if description else None
        return said.words if said else "none"

    async def listed(self, *names: str) -> None:
        """Wait until Temporal's list, which lags behind, has these of ours alone."""

        async def look() -> bool:
            ids = {entry.id async for entry in await self.client.list_schedules()}
            return {each for each in ids if each.startswith(self.queue)} == {declared_id(self.queue, n) for n in names}

        await eventually(look)
