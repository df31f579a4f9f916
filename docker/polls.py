"""Exit with 0 if Temporal has lately seen the worker of this container ask for work: its health check.

A worker asks anew once a minute at least. One whose process hangs, or that cannot reach Temporal, is not seen.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import DescribeTaskQueueMode, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue, TaskQueueVersionSelection
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from settings import read_settings
from temporal import DEFAULT_ADDRESS, own_version

_FRESH = timedelta(seconds=90)
_TIMEOUT = timedelta(seconds=5)


async def seen() -> datetime | None:
    """Return when this machine's worker last asked for steps, on any partition of the queue."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    client = await Client.connect(**config)
    # A worker of a build is told where one asks for that build, and nowhere else.
    builds = [f"{version.deployment_name}:{version.build_id}"] if (version := own_version()) else []
    asking = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=read_settings().task_queue),
        api_mode=DescribeTaskQueueMode.DESCRIBE_TASK_QUEUE_MODE_ENHANCED,
        task_queue_types=[TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW],
        report_pollers=True,
        versions=TaskQueueVersionSelection(build_ids=builds) if builds else None,
    )
    answer = await client.workflow_service.describe_task_queue(asking, timeout=_TIMEOUT)
    here = f"@{socket.gethostname()}"
    return max(
        (
            poller.last_access_time.ToDatetime(UTC)
            for version in answer.versions_info.values()
            for info in version.types_info.values()
            for poller in info.pollers
            if poller.identity.endswith(here)
        ),
        default=None,
    )


def main() -> int:
    """Say why, if it is not healthy."""
    try:
        last = asyncio.run(seen())
    except (RPCError, RuntimeError) as error:  # the second is how the client says that it cannot connect
        sys.stderr.write(f"Temporal does not tell: {error}\n")
        return 1
    if last is None or datetime.now(UTC) - last > _FRESH:
        sys.stderr.write(f"This worker was last seen by Temporal: {last or 'never'}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
