"""What every part of the product tells; where nobody listens, it costs a look."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from settings import Settings, split_address
from telemetry.families import Family

if TYPE_CHECKING:
    from telemetry.metrics import Metrics
    from telemetry.spans import Span
    from telemetry.traces import Traces

logger = logging.getLogger("telemetry")
_MOST_KEPT = 20_000


@dataclass
class Recorder:
    """Who listens in this process."""

    metrics: Metrics | None = None
    traces: Traces | None = None
    _told: dict[tuple[str, ...], None] = field(default_factory=dict[tuple[str, ...], None])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def on(self) -> bool:
        """Tell whether anybody listens."""
        return self.metrics is not None or self.traces is not None

    def first(self, *key: str) -> bool:
        """Tell whether this is told for the first time: what Temporal lets a worker do again is counted once.

        Runs are in several threads.
        """
        with self._lock:
            if key in self._told:
                return False
            self._told[key] = None
            if len(self._told) > _MOST_KEPT:
                del self._told[next(iter(self._told))]
        return True


_active = Recorder()


def recorder() -> Recorder:
    """Return who listens now."""
    return _active


@contextmanager
def _harmless() -> Generator[None]:
    """Let a mistake in what is told change nothing of what it is told of: a run would stop at it."""
    try:
        yield
    except Exception:
        logger.exception("Not told")


def count(family: Family, *labels: str, run: str | None = None) -> None:
    """Add one to a counter; its labels in their order."""
    if _active.metrics is not None:
        with _harmless():
            _active.metrics.count(family, run, labels)


def prepare(family: Family, *labels: str) -> None:
    """Show 0 for a counter that has counted nothing yet, so that its first increase is seen."""
    if _active.metrics is not None:
        with _harmless():
            _active.metrics.prepare(family, labels)


def observe(family: Family, seconds: float, *labels: str, run: str | None = None) -> None:
    """Take a length of time in."""
    if _active.metrics is not None:
        with _harmless():
            _active.metrics.observe(family, seconds, run, labels)


def tell(span: Span) -> None:
    """Tell of something that took time and has ended."""
    if _active.traces is not None:
        with _harmless():
            _active.traces.tell(span)


def is_traced(trace: str) -> bool:
    """Tell whether the spans of this trace are sent."""
    return _active.traces is not None and _active.traces.wants(trace)


def show(family: Family, values: dict[tuple[str, ...], float]) -> None:
    """Let a gauge have these values, by its labels."""
    if _active.metrics is not None:
        with _harmless():
            _active.metrics.show(family, values)


@contextmanager
def recording(settings: Settings, families: Iterable[Family], service: str) -> Generator[Recorder]:
    """Listen as the settings say, for as long as the block runs; `service` is what the process is called.

    Raises:
        SystemExit: nothing can listen at the address that they name.
    """
    global _active
    if settings.metrics_address is None and settings.traces_url is None:
        yield _active
        return
    with ExitStack() as open:
        metrics = open.enter_context(_showing(settings.metrics_address, families)) if settings.metrics_address else None
        traces = open.enter_context(_sending(settings, service)) if settings.traces_url else None
        before, _active = _active, Recorder(metrics, traces)
        try:
            yield _active
        finally:
            _active = before


@contextmanager
def _showing(address: str, families: Iterable[Family]) -> Generator[Metrics]:
    from telemetry.metrics import Metrics

    metrics = Metrics(families)
    host, port = split_address(address)
    try:
        server = metrics.serve(host, port)
    except OSError as error:
        raise SystemExit(f"STEPS_METRICS_ADDRESS: nothing can listen at {host}:{port}: {error.strerror}.") from None
    logger.info("Metrics at http://%s/metrics", address)
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _sending(settings: Settings, service: str) -> Generator[Traces]:
    from telemetry.traces import Traces

    traces = Traces(settings, service)
    logger.info("Traces to %s", settings.traces_endpoint)
    try:
        yield traces
    finally:
        traces.close()
