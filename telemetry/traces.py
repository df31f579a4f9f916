"""Spans, sent by OTLP over HTTP; nothing here is imported unless they are sent somewhere."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import set_span_in_context as in_span

from settings import Settings
from telemetry.ids import SpanId
from telemetry.spans import Span

_SECONDS_TO_END = 3.0
_KINDS = {"internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT}
_GIVEN: ContextVar[SpanId | None] = ContextVar("_GIVEN", default=None)


class Traces:
    """Send spans in batches, from a thread; what a collector does not take is dropped, and the log says so."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._exporter = OTLPSpanExporter(settings.traces_endpoint, headers=settings.traces_header_values)
        named = "OTEL_SERVICE_NAME" in os.environ
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # the share is decided by the trace's id, alike in every process
            resource=Resource.create({} if named else {"service.name": service}),
            id_generator=_Given(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("durable-steps")
        self._share = settings.traces_share
        contexts.get_current()  # it imports, which no workflow's sandbox would let it do

    def wants(self, trace: str) -> bool:
        """Tell whether this trace is among those that are kept."""
        return int(trace[:8], 16) < self._share * 2**32

    def tell(self, span: Span) -> None:
        """Send a span some time."""
        if not self.wants(span.id.trace):
            return
        token = _GIVEN.set(span.id)
        try:
            made = self._tracer.start_span(
                span.name,
                context=in_span(NonRecordingSpan(_context(span.parent)), Context()) if span.parent else Context(),
                kind=_KINDS[span.kind],
                attributes={name: value for name, value in span.attributes.items() if value is not None},
                links=[Link(_context(one)) for one in span.links],
                start_time=span.began,
            )
        finally:
            _GIVEN.reset(token)
        if span.error is not None:
            made.set_attribute("error.type", span.error)
            made.set_status(Status(StatusCode.ERROR))
        made.end(max(span.began, span.ended))

    def flush(self) -> None:
        """Send what is there now."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send the rest, for a few seconds at most: a collector that is away must not hold up the end."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(_SECONDS_TO_END)
        self._exporter.shutdown()


class _Given(IdGenerator):
    """Use the ids that spans come with."""

    def generate_span_id(self) -> int:
        return int(_given().span, 16)

    def generate_trace_id(self) -> int:
        return int(_given().trace, 16)


def _given() -> SpanId:
    given = _GIVEN.get()
    if given is None:
        raise RuntimeError("A span comes with its id.")
    return given


def _context(span: SpanId) -> SpanContext:
    return SpanContext(int(span.trace, 16), int(span.span, 16), is_remote=True, trace_flags=TraceFlags(1))
