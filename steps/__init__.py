"""The programming model: write a subclass of `Workflow`, one file in `workflows/`."""

from __future__ import annotations

from steps.api import Api
from steps.branch import Trigger
from steps.errors import (
    BranchLimitExceeded,
    CallFailed,
    Cancelled,
    ConnectionNeedsReauthorization,
    ConnectionNotFound,
    DefinitionInvalid,
    DelayInvalid,
    EgressDenied,
    FetchFailed,
    NotionError,
    PayloadInvalid,
    PayloadTooLarge,
    ResponseTooLarge,
    RunFailed,
    ScheduleInvalid,
    SchedulingRefused,
    StepsError,
    StepTimedOut,
    StepUnknown,
    StoreInvalid,
    StoreTooLarge,
    VariableNotFound,
)
from steps.facts import RunInfo
from steps.http import Response
from steps.invalid_record import RecordInvalid
from steps.notion import DateRange, File, Notion, Person, Place, Record, Relation, Results
from steps.notion_event import NotionEvent
from steps.options import step
from steps.record import RunRecord, StepFailure, StepRow
from steps.retry import Retry
from steps.schedule import Cron, Every
from steps.sealed import SealedToken
from steps.signed import GitHub, NotionSigned, SharedHeader, Shopify, Signed, StandardWebhooks
from steps.store import Store
from steps.wait import EventWait
from steps.workflow import Workflow

__all__ = [
    "Api",
    "BranchLimitExceeded",
    "CallFailed",
    "Cancelled",
    "ConnectionNeedsReauthorization",
    "ConnectionNotFound",
    "Cron",
    "DateRange",
    "DefinitionInvalid",
    "DelayInvalid",
    "EgressDenied",
    "EventWait",
    "Every",
    "FetchFailed",
    "File",
    "GitHub",
    "Notion",
    "NotionError",
    "NotionEvent",
    "NotionSigned",
    "PayloadInvalid",
    "PayloadTooLarge",
    "Person",
    "Place",
    "Record",
    "RecordInvalid",
    "Relation",
    "Response",
    "ResponseTooLarge",
    "Results",
    "Retry",
    "RunFailed",
    "RunInfo",
    "RunRecord",
    "ScheduleInvalid",
    "SchedulingRefused",
    "SealedToken",
    "SharedHeader",
    "Shopify",
    "Signed",
    "StandardWebhooks",
    "StepFailure",
    "StepRow",
    "StepTimedOut",
    "StepUnknown",
    "StepsError",
    "Store",
    "StoreInvalid",
    "StoreTooLarge",
    "Trigger",
    "VariableNotFound",
    "Workflow",
    "step",
]
