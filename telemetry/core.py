"""The metrics of Temporal's SDK, under the names that Temporal documents, at a port of their own."""

from __future__ import annotations

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from settings import Settings


def core_runtime(settings: Settings) -> Runtime | None:
    """Return the runtime that shows them; None for the SDK's own, which shows none.

    Raises:
        SystemExit: nothing can listen at the address that the settings name.
    """
    address = settings.temporal_metrics_address
    if address is None:
        return None
    shown = PrometheusConfig(bind_address=address, durations_as_seconds=True, counters_total_suffix=True)
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=shown))
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"STEPS_TEMPORAL_METRICS_ADDRESS: nothing can listen at {address}: {error}") from None
