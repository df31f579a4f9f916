from __future__ import annotations

from api.views import RunList


def news_of(page: RunList, before: RunList | None) -> str:
    """Say in a few words what has changed, for whoever does not see it: a screen reader says it."""
    if before is None:
        return "The list has changed."
    known = {run.id: run for run in before.runs}
    new = sum(run.id not in known for run in page.runs)
    changed = sum(run.id in known and known[run.id] != run for run in page.runs)
    told = [_counted(new, "new run"), _counted(changed, "run", " changed")]
    return f"{', '.join(one for one in told if one) or 'The list has changed'}."


def _counted(count: int, what: str, how: str = "") -> str:
    return f"{count} {what}{'' if count == 1 else 's'}{how}" if count else ""
