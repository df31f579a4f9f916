"""What a run is found by in Temporal's lists: the search attributes `Workflow`, `Trigger`, `Step` and `Connection`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

WORKFLOW = SearchAttributeKey.for_keyword("Workflow")
TRIGGER = SearchAttributeKey.for_keyword("Trigger")
STEP = SearchAttributeKey.for_keyword("Step")
CONNECTION = SearchAttributeKey.for_keyword_list("Connection")
# In the form in which Temporal registers them.
TYPES = {
    WORKFLOW.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    TRIGGER.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    STEP.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    CONNECTION.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}


_LOST = "lost:"  # no handle holds a colon


def waits_for(handle: str) -> str:
    """Return what `Connection` holds, beside the handle, while a run waits for it to be connected again."""
    return _LOST + handle


def at_start(name: str, trigger: str, connections: Sequence[str] = ()) -> TypedSearchAttributes:
    """Return what a run is started with; this alone tells the run that the server knows the attributes."""
    pairs: list[SearchAttributePair[Any]] = [SearchAttributePair(WORKFLOW, name), SearchAttributePair(TRIGGER, trigger)]
    if connections:
        pairs.append(SearchAttributePair(CONNECTION, list(connections)))
    return TypedSearchAttributes(pairs)


class Attributes:
    """Tell Temporal what the run waits for and which connections it uses, when it sleeps or ends: an event each time.

    A run that was started without the attributes sets none: a server that does not know one refuses the task, again
    and again.
    """

    def __init__(self) -> None:
        found = workflow.info().typed_search_attributes
        self._known = found.get(WORKFLOW) is not None
        self._step = found.get(STEP)
        self._connections = {name for name in found.get(CONNECTION) or [] if not name.startswith(_LOST)}
        self._lost: set[str] = set()
        self._shown = (self._step, len(self._connections), 0)

    def uses(self, handle: object) -> None:
        """Take note of a connection."""
        if isinstance(handle, str) and len(handle) <= 64:
            self._connections.add(handle)

    def waits_for(self, step: str) -> None:
        """Take note of the step that runs next."""
        self._step = step

    def lose(self, handle: str) -> None:
        """Tell Temporal that the run waits for a connection: whoever connects it again finds the run by that."""
        self.uses(handle)
        self._lost.add(handle)
        self.show()

    def find(self, handle: str) -> None:
        """Tell Temporal that the run waits for it no more."""
        self._lost.discard(handle)
        self.show()

    def show(self) -> None:
        """Tell Temporal, if there is something new to tell."""
        shown = (self._step, len(self._connections), len(self._lost))
        if not self._known or shown == self._shown:
            return
        self._shown = shown
        updates = [STEP.value_set(self._step)] if self._step else []
        more = (
            [CONNECTION.value_set([*sorted(self._connections), *map(waits_for, sorted(self._lost))])]
            if self._connections
            else []
        )
        workflow.upsert_search_attributes([*updates, *more])  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
