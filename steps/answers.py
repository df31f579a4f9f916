"""The one answer of a run, and those that wait for it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from steps.answer import Answer, Answered, make_answer

NO_ANSWER = "no-answer"


class Answers:
    """Hold the callers of the trigger until `start` has ended, or the run rolls over before it could.

    Whoever waits keeps the run from ending: `given`, `fail` or `let_go` must come on each way out.
    """

    def __init__(self, wanted: bool, given: Answer | None, *, pending: bool) -> None:
        self.given = given
        self._wanted, self._leaving, self._pending = wanted, False, pending

    @property
    def awaited(self) -> bool:
        """Tell whether somebody waits for what `start` will answer."""
        return self._wanted and self._pending and self.given is None

    def made_of(self, step: str, value: object) -> Answer | None:
        """Return the answer that a step's value makes, if the step is the one that answers.

        Raises:
            PayloadInvalid, PayloadTooLarge: it cannot be sent.
        """
        return make_answer(value) if self._wanted and step == "start" else None

    def give(self, answer: Answer | None) -> None:
        """Answer all that wait, and those that will ask."""
        self.given = self.given or answer

    def fail(self, step: str = "start") -> None:
        """Tell all that wait that the step has failed, if it is the one that answers."""
        if self._wanted and step == "start":
            self.give(Answer(status=500, failed=True))

    def let_go(self) -> None:
        """Send away all that wait, before a roll-over; they ask the next part of the run."""
        self._leaving = True

    def check(self) -> None:
        """Refuse to wait for what will not come: a run of a class, or of a time, that does not answer."""
        if self.given is None and not (self._wanted and self._pending):
            raise ApplicationError("This run has no answer.", type=NO_ANSWER, non_retryable=True)

    async def wait(self) -> Answered:
        """Wait until there is an answer, or the run rolls over."""
        await workflow.wait_condition(lambda: self.given is not None or self._leaving)
        return Answered(answer=self.given)
