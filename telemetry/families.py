"""Every metric that we export: its name, labels and meaning. docs/observing.md, the dashboard and the alerts follow it.

Labels are few and bounded: names of workflows, steps and providers that exist here, and outcomes. What comes from
outside, ids and handles are never labels; an exemplar names a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LONG = (0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0, 3_600.0, 86_400.0, 604_800.0, 2_592_000.0)
_LATE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0)


@dataclass(frozen=True)
class Family:
    """One metric. A counter's samples end in `_total`; seconds are its unit where its name says so."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The names that a query may use."""
        if self.kind == "counter":
            return (f"{self.name}_total",)
        return tuple(f"{self.name}_{end}" for end in ("bucket", "sum", "count")) if self.buckets else (self.name,)


RUNS_STARTED = Family("durable_steps_runs_started", "counter", "Runs begun by a worker.", ("workflow", "trigger"))
RUNS_ENDED = Family("durable_steps_runs_ended", "counter", "Runs ended.", ("workflow", "outcome"))
RUNS_PARKED = Family(
    "durable_steps_runs_parked", "counter", "Runs that cannot go on until a fixed build is deployed.", ("workflow",)
)
RUN_SECONDS = Family("durable_steps_run_seconds", "histogram", "From a run's start to its end.", ("workflow",), _LONG)
STEPS_ENDED = Family(
    "durable_steps_steps_ended", "counter", "Attempts of steps that have ended.", ("workflow", "step", "outcome")
)
STEP_SECONDS = Family("durable_steps_step_seconds", "histogram", "An attempt of a step.", ("workflow",), _LONG)
TIMER_LAG = Family(
    "durable_steps_timer_lag_seconds", "histogram", "How long after it was due a delayed step began.", (), _LATE
)
CALLS = Family("durable_steps_calls", "counter", "Attempts of calls.", ("workflow", "call", "provider", "outcome"))
CALL_SECONDS = Family(
    "durable_steps_call_seconds", "histogram", "An attempt of a call, its waits for a turn included.",
    ("call", "provider"), _SHORT,
)  # fmt: skip
REQUESTS = Family(
    "durable_steps_requests", "counter", "HTTP requests that workers sent.", ("provider", "method", "status")
)
REQUEST_SECONDS = Family(
    "durable_steps_request_seconds", "histogram", "From an HTTP request to its answer.", ("provider",), _SHORT
)
REFRESHES = Family("durable_steps_refreshes", "counter", "Tokens that were refreshed.", ("provider", "outcome"))
CONNECTIONS = Family("durable_steps_connections", "gauge", "Connections in the vault.", ("provider", "state"))
VAULT_UP = Family("durable_steps_vault_up", "gauge", "Whether the vault's database and key provider work: 1 or 0.")
VAULT_FAILURE = Family("durable_steps_vault_failure", "gauge", "1 for why the vault does not work.", ("reason",))
HTTP_REQUESTS = Family(
    "durable_steps_http_requests", "counter", "Requests that the API answered.", ("method", "route", "status")
)
HTTP_REQUEST_SECONDS = Family(
    "durable_steps_http_request_seconds", "histogram", "From a request to the API to its answer.", ("route",), _SHORT
)
TRIGGERS = Family("durable_steps_triggers", "counter", "Deliveries to triggers.", ("workflow", "outcome"))
CHECK = Family(
    "durable_steps_check", "gauge", "1 for the state of each thing that the service needs.", ("check", "state")
)

OF_WORKERS = (
    RUNS_STARTED, RUNS_ENDED, RUNS_PARKED, RUN_SECONDS, STEPS_ENDED, STEP_SECONDS, TIMER_LAG, CALLS, CALL_SECONDS,
    REQUESTS, REQUEST_SECONDS, REFRESHES, CONNECTIONS, VAULT_UP, VAULT_FAILURE,
)  # fmt: skip
OF_THE_API = (HTTP_REQUESTS, HTTP_REQUEST_SECONDS, TRIGGERS, CHECK, VAULT_UP, VAULT_FAILURE)
FAMILIES = tuple(dict.fromkeys((*OF_WORKERS, *OF_THE_API)))
