"""The one place that configures a Temporal client: profile, converter, encryption, sandbox and interceptor."""

from __future__ import annotations

import logging
import os
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakKeyDictionary

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.client import ClientConfig as ClientOptions
from temporalio.common import HeaderCodecBehavior, WorkerDeploymentVersion
from temporalio.envconfig import ClientConfig
from temporalio.plugin import SimplePlugin
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from codec.converter import make_converter
from codec.keys import PayloadKey, read_keys
from settings import Settings
from steps.attributes import TYPES
from steps.sandbox import workflow_runner
from telemetry.interceptor import StepsInterceptor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from temporalio.worker import ReplayerConfig, WorkflowRunner

DEFAULT_ADDRESS = "localhost:7233"
_ASK_AGAIN_SECONDS = 30.0
_JUST_TOLD_SECONDS = 1.0
_ASK_TIMEOUT = timedelta(seconds=5)
log = logging.getLogger("temporal")


class StepsPlugin(SimplePlugin):
    """Configure converter, encryption, sandbox and interceptor alike, wherever it is given.

    `workflow_failure_exception_types` stays empty on purpose: a nondeterminism error parks the run, so that a fixed
    deploy heals it, where `[Exception]` would fail the run.
    """

    def __init__(self, keys: Mapping[str, PayloadKey]) -> None:
        converter = make_converter(keys)
        self._replaying = make_converter(keys, hide_failures=False)
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            "durable-steps", data_converter=converter, workflow_runner=_runner, interceptors=[StepsInterceptor()]
        )
        self._headers = HeaderCodecBehavior.CODEC if keys else HeaderCodecBehavior.NO_CODEC

    def configure_client(self, config: ClientOptions) -> ClientOptions:
        """Encrypt headers too; a worker takes this from its client."""
        return super().configure_client({**config, "header_codec_behavior": self._headers})

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Read headers as the worker does, and say what did not replay."""
        configured = super().configure_replayer({**config, "header_codec_behavior": self._headers})
        return {**configured, "data_converter": self._replaying}


def plugin(keys: Mapping[str, PayloadKey] | None = None) -> StepsPlugin:
    """Return what client, worker and replayer must share, with the keys of the settings unless others are given."""
    return StepsPlugin(read_keys(Settings().payload_keys_text) if keys is None else keys)


def _runner(_default: WorkflowRunner | None) -> WorkflowRunner:
    return workflow_runner()


def own_version() -> WorkerDeploymentVersion | None:
    """Return the deployment and build of this worker; None where the environment does not name both."""
    name, build = os.environ.get("TEMPORAL_DEPLOYMENT_NAME"), os.environ.get("TEMPORAL_WORKER_BUILD_ID")
    return WorkerDeploymentVersion(deployment_name=name, build_id=build) if name and build else None


def leave(status: int) -> NoReturn:
    """End a process that has used a client, without tearing Python down.

    Now and then the SDK's threads still call into Python then, and crash it (temporalio 1.35): a process that had done
    all its work would end with the status of a crash.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


async def connect(*, lazy: bool = False, runtime: Runtime | None = None) -> Client:
    """Connect as Temporal's environment configuration says (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, ...).

    With `lazy` the first call connects, so that a process can start before Temporal does. `runtime` shows metrics.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    return await Client.connect(**config, plugins=[plugin()], lazy=lazy, runtime=runtime)


class SearchAttributes:
    """Whether a client's server knows the search attributes of runs; asked once, and again after a while if not.

    The client is not kept: what lives as long as a client must not hold it.
    """

    def __init__(self) -> None:
        self._known, self._ask_at = False, 0.0

    async def known(self, client: Client) -> bool:
        """Tell whether runs may be started with them; register them where they are missing and one may.

        A server that was just told of them refuses them for a moment more, so that this answers False then.
        """
        if self._known or time.monotonic() < self._ask_at:
            return self._known
        self._ask_at = time.monotonic() + _ASK_AGAIN_SECONDS
        service, namespace = client.operator_service, client.namespace
        try:
            request = ListSearchAttributesRequest(namespace=namespace)
            listed = await service.list_search_attributes(request, timeout=_ASK_TIMEOUT)
            found = listed.custom_attributes
            if taken := [name for name, kind in TYPES.items() if found.get(name, kind) != kind]:
                log.warning("Runs go without search attributes: %s is of another type here", ", ".join(taken))
                return False
            if missing := {name: kind for name, kind in TYPES.items() if name not in found}:
                adding = AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
                await service.add_search_attributes(adding, timeout=_ASK_TIMEOUT)
                log.info("Registered the search attributes %s", ", ".join(missing))
                self._ask_at = time.monotonic() + _JUST_TOLD_SECONDS
                return False
        except (RPCError, RuntimeError) as error:  # the second is how the client says that it cannot connect
            log.warning("Runs go without search attributes for now: %s", error)
            return False
        self._known = True
        return True


_OF: WeakKeyDictionary[Client, SearchAttributes] = WeakKeyDictionary()


async def attributes_known(client: Client) -> bool:
    """Tell whether runs may be started with search attributes; see `steps.attributes`."""
    return await _OF.setdefault(client, SearchAttributes()).known(client)
