"""A worker deployment: its builds, which of them new runs take, and the runs that are still on another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.deployment.v1 import RoutingConfig, WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

_AT_ONCE = 50
_LOOK_AGAIN = 1.0  # seconds; Temporal's list follows its store by about as much
_PROPAGATION_LOOKS, _PROPAGATION_PAUSE = 300, 0.2  # times, seconds: a minute
_PROPAGATING = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS


@dataclass(frozen=True)
class Build:
    """One build of a deployment; `runs` are those that would be without a worker if it stopped."""

    build_id: str
    status: str
    since: datetime
    runs: int


@dataclass(frozen=True)
class Woken:
    """What a wake did: how many runs of other builds were told, and how many are still there afterwards."""

    told: int
    left: int


class Deployment:
    """One worker deployment of the configured Temporal."""

    def __init__(self, client: Client, name: str) -> None:
        self._client, self.name = client, name

    async def builds(self) -> list[Build]:
        """Return the builds that Temporal remembers: the current one first, then the newest."""
        info = await self._describe()
        found = [
            Build(
                build_id=item.deployment_version.build_id,
                status=_word(item.status),
                since=item.create_time.ToDatetime(UTC),
                runs=await self._count(item.deployment_version.build_id),
            )
            for item in info.version_summaries
        ]
        return sorted(found, key=lambda build: (build.status == "current", build.since), reverse=True)

    async def promote(self, build_id: str) -> None:
        """Let new runs begin on a build, and running ones move to it at their next step.

        Returns when every part of Temporal knows: a run that was woken before would look, see nothing, and sleep on.
        """
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace, deployment_name=self.name, build_id=build_id
        )
        try:
            await self._client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            raise _readable(error, f"the build {build_id!r} of {self.name!r}") from None
        for _ in range(_PROPAGATION_LOOKS):
            if (await self._describe()).routing_config_update_state != _PROPAGATING:
                return
            await asyncio.sleep(_PROPAGATION_PAUSE)
        raise SystemExit(f"{build_id} is current, but parts of Temporal do not know yet. Run the command again.")

    async def wake(self) -> Woken:
        """Tell the running runs of every build but the current one to look, now."""
        current = _current((await self._describe()).routing_config)
        if not current:
            return Woken(told=0, left=0)
        told: set[str] = set()
        for _ in range(2):  # a run that began as the builds changed is in the list a moment later
            found = {run.id async for run in self._client.list_workflows(self._others(current))}
            await self._tell(found - told)
            told |= found
            await asyncio.sleep(_LOOK_AGAIN)
        return Woken(told=len(told), left=(await self._client.count_workflows(self._others(current))).count)

    async def _tell(self, runs: Iterable[str]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def tell(run: str) -> None:
            async with slots:
                try:
                    await self._client.get_workflow_handle(run).signal("checkpoint")
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                        raise

        await asyncio.gather(*map(tell, runs))

    async def _describe(self) -> WorkerDeploymentInfo:
        request = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=self.name)
        try:
            answer = await self._client.workflow_service.describe_worker_deployment(request)
        except RPCError as error:
            raise _readable(error, f"the deployment {self.name!r}") from None
        return answer.worker_deployment_info

    async def _count(self, build_id: str) -> int:
        return (await self._client.count_workflows(f"{self._running} = {_quoted(f'{self.name}:{build_id}')}")).count

    def _others(self, build_id: str) -> str:
        mine = f"TemporalWorkerDeployment = {_quoted(self.name)}"
        return f"{mine} AND {self._running} != {_quoted(f'{self.name}:{build_id}')}"

    @property
    def _running(self) -> str:
        return "ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion"


def _current(routing: RoutingConfig) -> str:
    return routing.current_deployment_version.build_id


def _word(status: WorkerDeploymentVersionStatus.ValueType) -> str:
    return WorkerDeploymentVersionStatus.Name(status).removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower()


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _readable(error: RPCError, what: str) -> BaseException:
    """Return what an operator is told: what is unknown or refused ends the command, anything else stays an error."""
    if error.status is RPCStatusCode.NOT_FOUND:
        return SystemExit(f"Temporal does not know {what}. A worker must have polled as it: see docs/upgrading.md")
    if error.status is RPCStatusCode.FAILED_PRECONDITION:
        return SystemExit(f"Temporal refuses {what}: {error.message}")
    return error
