"""Whether a worker polls our task queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

# A worker without work asks again every minute, and Temporal lists one that has gone for five.
_FRESH = timedelta(seconds=90)
_TIMEOUT = timedelta(seconds=3)


@dataclass(frozen=True)
class Polling:
    """What Temporal knows of the workers of a task queue."""

    last_seen: datetime | None = None
    """When one last asked for work, in the last five minutes."""
    builds: tuple[str, ...] = ()
    """The builds that poll, where the deployment names them."""

    def fresh(self, now: datetime) -> bool:
        """Tell whether a worker polls; one that was killed is missed after a minute and a half."""
        return self.last_seen is not None and now - self.last_seen < _FRESH


async def find_polling(client: Client, task_queue: str) -> Polling:
    """Return when the queue's workers were last seen.

    Raises:
        RPCError: Temporal does not tell.
    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, timeout=_TIMEOUT)
    times = [poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers]
    return Polling(max(times, default=None), _builds(answer.pollers))


def _builds(pollers: Iterable[PollerInfo]) -> tuple[str, ...]:
    # Without a deployment the SDK gives a hash of the code, which tells nobody anything.
    return tuple(sorted({poller.deployment_options.build_id for poller in pollers} - {""}))
