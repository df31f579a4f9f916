"""Prometheus's metrics, as the families say; nothing here is imported unless they are shown somewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from telemetry.families import Family
from telemetry.ids import trace_of

_MAX_EXEMPLAR = 128  # characters, OpenMetrics' limit for names and values together


class Metrics:
    """Count in memory, and show it to whoever asks."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[str, Any] = {family.name: _make(family, self.registry) for family in families}
        self._seen: dict[str, set[tuple[str, ...]]] = {}

    def count(self, family: Family, run: str | None, labels: tuple[str, ...]) -> None:
        """Add one."""
        if made := self._made.get(family.name):
            _of(made, labels).inc(1, exemplar_of(run))

    def observe(self, family: Family, seconds: float, run: str | None, labels: tuple[str, ...]) -> None:
        """Take a length of time in."""
        if made := self._made.get(family.name):
            _of(made, labels).observe(max(0.0, seconds), exemplar_of(run))

    def prepare(self, family: Family, labels: tuple[str, ...]) -> None:
        """Show 0 for what has not happened yet: an increase from nothing at all is none."""
        if made := self._made.get(family.name):
            _of(made, labels)

    def show(self, family: Family, values: dict[tuple[str, ...], float]) -> None:
        """Let a gauge have these values, and 0 for what it had before and has no more."""
        made = self._made.get(family.name)
        if made is None:
            return
        seen = self._seen.setdefault(family.name, set())
        seen |= values.keys()
        for labels in seen:
            _of(made, labels).set(values.get(labels, 0))

    def serve(self, host: str, port: int) -> Any:
        """Show it at a port of its own, from a thread; return the server.

        Raises:
            OSError: nothing can listen there.
        """
        server, _ = start_http_server(port, host, self.registry)
        return server


def exemplar_of(run: str | None) -> dict[str, str] | None:
    """Return what leads from a number to a run: its id, where there is room for it, and its trace."""
    if run is None:
        return None
    trace = {"trace_id": trace_of(run)}
    both = {"run": run, **trace}
    return both if sum(map(len, (*both, *both.values()))) <= _MAX_EXEMPLAR else trace


def _make(family: Family, registry: CollectorRegistry) -> Any:
    if family.kind == "counter":
        return Counter(family.name, family.help, family.labels, registry=registry)
    if family.kind == "gauge":
        return Gauge(family.name, family.help, family.labels, registry=registry)
    return Histogram(family.name, family.help, family.labels, registry=registry, buckets=family.buckets)


def _of(made: Any, labels: tuple[str, ...]) -> Any:
    return made.labels(*labels) if labels else made
