"""What every part of the product tells; where nobody listens, it costs a look."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from settings import Settings, split_address
from telemetry.families import Family

if TYPE_CHECKING:
    from telemetry.metrics import Metrics

logger = logging.getLogger("telemetry")
_MOST_KEPT = 20_000


@dataclass
class Recorder:
    """Who listens in this process."""

    metrics: Metrics | None = None
    _told: dict[tuple[str, ...], None] = field(default_factory=dict[tuple[str, ...], None])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def on(self) -> bool:
        """Tell whether anybody listens."""
        return self.metrics is not None

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


def count(family: Family, *labels: str, run: str | None = None) -> None:
    """Add one to a counter; its labels in their order."""
    if _active.metrics is not None:
        _active.metrics.count(family, run, labels)


def prepare(family: Family, *labels: str) -> None:
    """Show 0 for a counter that has counted nothing yet, so that its first increase is seen."""
    if _active.metrics is not None:
        _active.metrics.prepare(family, labels)


def observe(family: Family, seconds: float, *labels: str, run: str | None = None) -> None:
    """Take a length of time in."""
    if _active.metrics is not None:
        _active.metrics.observe(family, seconds, run, labels)


def show(family: Family, values: dict[tuple[str, ...], float]) -> None:
    """Let a gauge have these values, by its labels."""
    if _active.metrics is not None:
        _active.metrics.show(family, values)


@contextmanager
def recording(settings: Settings, families: Iterable[Family]) -> Generator[Recorder]:
    """Listen as the settings say, for as long as the block runs.

    Raises:
        SystemExit: nothing can listen at the address that they name.
    """
    global _active
    if settings.metrics_address is None:
        yield _active
        return
    from telemetry.metrics import Metrics

    before, metrics = _active, Metrics(families)
    host, port = split_address(settings.metrics_address)
    try:
        server = metrics.serve(host, port)
    except OSError as error:
        raise SystemExit(f"STEPS_METRICS_ADDRESS: nothing can listen at {host}:{port}: {error.strerror}.") from None
    logger.info("Metrics at http://%s/metrics", settings.metrics_address)
    _active = Recorder(metrics)
    try:
        yield _active
    finally:
        _active = before
        server.shutdown()
        server.server_close()
