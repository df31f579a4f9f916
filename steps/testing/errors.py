"""What fails a test. They are assertions, so that pytest shows them as such; none is ever seen by a step.

SimulationError (AssertionError)
├── ServerMissing       the program that the kit runs on is not installed
├── WorkflowRefused     the class cannot be loaded by a worker
├── UnexpectedCall      a step made a call that the test has no reply for
├── RunNotCompleted     `check()` on a run that failed, or has not ended
├── RunParked           a step did what cannot be replayed: production would wait for a fixed version
├── RunStuck            the run makes no progress, however much time passes
└── WaitNotFound        the run ended, or failed, without waiting for the event
"""

from __future__ import annotations


class SimulationError(AssertionError):
    """Base of everything by which the kit fails a test."""


class ServerMissing(SimulationError):
    """Name the wheel to install."""


class WorkflowRefused(SimulationError):
    """Say why no worker can load the class."""


class UnexpectedCall(SimulationError):
    """Name the call, the replies that there are, and the line that would answer it."""


class RunNotCompleted(SimulationError):
    """Show the failures, and the trace of the run."""


class RunParked(SimulationError):
    """Show what the sandbox refused."""


class RunStuck(SimulationError):
    """Show the trace up to where nothing happens any more."""


class WaitNotFound(SimulationError):
    """Name the step, and what the run did instead."""
