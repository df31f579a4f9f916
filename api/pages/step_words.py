"""In words: when a step runs that another one schedules."""

from __future__ import annotations

from steps.outline import Link
from steps.outline_walk import VARIES


def words_of(link: Link) -> str:
    """Return the few words that stand at an arrow."""
    later = "later" if link.delay == VARIES else f"after {link.delay}" if link.delay else ""
    match link.kind:
        case "each":
            return f"for each, {later}" if later else "for each"
        case "all":
            return "when all have ended"
        case "event":
            return "on an event"
        case "timeout":
            return "when no event comes" if link.delay == VARIES else f"no event in {link.delay}"
        case "next":
            return ", ".join(part for part in ("repeatedly" if link.many else "", later) if part)


def sentence_of(link: Link) -> str:
    """Return what a list says after the name of the step, which may be nothing."""
    later = (
        "after a time that the run works out" if link.delay == VARIES else f"after {link.delay}" if link.delay else ""
    )
    match link.kind:
        case "each":
            parts = ["once for each payload", later]
        case "all":
            parts = [f"when all branches of {' and '.join(link.after) or 'the group'} have ended"]
        case "event":
            parts = ["when an event comes"]
        case "timeout":
            parts = ["when no event comes" + ("" if link.delay == VARIES else f" within {link.delay}")]
        case "next":
            parts = ["perhaps several times" if link.many else "", later]
    return ", ".join(part for part in [*parts, "sometimes" if link.sometimes else ""] if part)
