"""The limits that are listed, held against those of the code."""

from __future__ import annotations

import re
from datetime import timedelta

import api.auth
import api.codec
import api.connect
import api.delivery
import api.feeds
import api.json_body
import api.scheduling
import api.starting
import api.testing
import api.trying
import steps.connection_tasks
import steps.schedule
import steps.schedule_terms
import vault.handles
import vault.trigger_secrets
import vault.variables
import vault.webhook_tokens
from activities import answer, egress
from settings import Settings
from steps import Retry, dedupe, failures
from steps import api as steps_api
from steps.answer import MAX_ANSWER_BYTES
from steps.branches import MAX_ARMED
from steps.budget import MAX_STATE_BYTES
from steps.calls import HEARTBEAT_TIMEOUT, LONGEST_TURN
from steps.claims import MAX_CLAIMS
from steps.definition import MAX_RESPOND_WITHIN
from steps.delay import MAX_DELAY
from steps.given import MAX_GIVEN_CONNECTIONS
from steps.journal import MAX_ROWS
from steps.log import MAX_BYTES, MAX_LINE_CHARACTERS, MAX_LINES
from steps.notion.file_uploads import MAX_CONTENT_BYTES
from steps.notion.keys import MAX_KEY
from steps.notion.record_calls import MAX_RECORD_BYTES
from steps.notion.results import MAX_ROWS as MAX_ROWS_OF_A_QUERY
from steps.payload import MAX_PAYLOAD_BYTES, MAX_RESULT_BYTES
from steps.reconnection import LONGEST_LOOK, MAX_RECONNECTION_WAIT
from steps.run import MAX_RUNNING
from steps.store import MAX_KEY_CHARACTERS, MAX_STORE_BYTES, MAX_VALUE_BYTES
from steps.wait import MAX_REDIRECT_CHARACTERS
from steps.waits import MAX_PAST_BYTES
from tests.docs.pages import rows, text_of
from vault.pace import LONGEST_HOLD

SETTING = {name: field.default for name, field in Settings.model_fields.items()}
LIMITS: dict[str, int | timedelta] = {
    "A payload of a step": MAX_PAYLOAD_BYTES,
    "All payloads of a run's branches": MAX_STATE_BYTES,
    "The results of a group": MAX_PAYLOAD_BYTES,
    "Waiting branches of a run": MAX_ARMED,
    "Running steps of a run": MAX_RUNNING,
    "A step's result": MAX_RESULT_BYTES,
    "An answer of `start`": MAX_ANSWER_BYTES,
    "A value in the store": MAX_VALUE_BYTES,
    "The store of a run": MAX_STORE_BYTES,
    "A key of the store": MAX_KEY_CHARACTERS,
    "A key of dedupe": dedupe.MAX_KEY_CHARACTERS,
    "The values of a record": MAX_RECORD_BYTES,
    "A key of a record": MAX_KEY,
    "Keys of dedupe that a run's unfinished steps hold": MAX_CLAIMS,
    "The window of dedupe": MAX_DELAY,
    "A wait for an event": MAX_DELAY,
    "A wait for a connection": MAX_RECONNECTION_WAIT,
    "Between two looks for it, at most": LONGEST_LOOK,
    "The redirect_url of a wait": MAX_REDIRECT_CHARACTERS,
    "The waits that are over and remembered": MAX_PAST_BYTES,
    "The body of a fetch, the argument of a call": steps_api.MAX_REQUEST_BYTES,
    "A file that a step sends to Notion itself": MAX_CONTENT_BYTES,
    "Rows of a query of Notion": MAX_ROWS_OF_A_QUERY,
    "A file that goes to Notion from an address": SETTING["max_upload_bytes"],
    "A delay": MAX_DELAY,
    "The timeout of a fetch": timedelta(hours=1),
    "Attempts of a call": next(rule.le for rule in Retry.model_fields["attempts"].metadata if hasattr(rule, "le")),
    "Attempts of a step": next(rule.le for rule in Retry.model_fields["attempts"].metadata if hasattr(rule, "le")),
    "Steps between two roll-overs": MAX_ROWS,
    "Lines in a run's log": MAX_LINES,
    "The log of a run": MAX_BYTES,
    "One line of the log": MAX_LINE_CHARACTERS,
    "Failures in a run's record": failures.MAX_FAILURES,
    "The failures of a record together": failures.MAX_BYTES,
    "Steps and calls at once": SETTING["max_running_steps"],
    "The answer to a call, as it comes": SETTING["max_response_bytes"],
    "The answer to a call, in the history": answer.LARGEST_RESULT,
    "Redirects of a fetch": egress.MOST_REDIRECTS,
    "Calls of one Notion connection in a second, by all workers": SETTING["notion_requests_per_second"],
    "The wait of a call for its turn, inside a worker": LONGEST_TURN,
    "How long a Retry-After holds a connection": timedelta(microseconds=LONGEST_HOLD),
    "Without a heartbeat": HEARTBEAT_TIMEOUT,
    "A request's body": SETTING["max_body_bytes"],
    "The body of a request to decrypt payloads": api.codec.MAX_BYTES,
    "Payloads in one": api.codec.MAX_PAYLOADS,
    "The depth of JSON in it": api.json_body.MAX_DEPTH,
    "What a run starts with, data and headers": api.starting.MAX_START_BYTES,
    "The headers that a run keeps": api.delivery.MAX_HEADER_BYTES,
    "Deliveries to one trigger in a minute, at one API process": SETTING["deliveries_per_minute"],
    "How long a trigger's secret or address counts beside the next": vault.trigger_secrets.LONGEST_KEPT,
    "The respond_within of a workflow": MAX_RESPOND_WITHIN,
    "The wait for a test run": timedelta(seconds=api.testing.LONGEST_SECONDS),
    "Between two runs of `Every`, at least": steps.schedule.MIN_INTERVAL,
    "Between two runs of `Every`, at most": MAX_DELAY,
    "The jitter of a schedule": steps.schedule_terms.MAX_JITTER,
    "Schedules in a list": api.scheduling.MAX_LISTED,
    "A handle": vault.handles.LONGEST,
    "The value of a variable": vault.variables.LONGEST_VALUE,
    "The variables of a workflow together, as JSON": vault.variables.MOST_OF_A_WORKFLOW,
    "Verification tokens of Notion that wait for their first event": vault.webhook_tokens.MOST_PENDING,
    "Active connections that a run is given at its start": MAX_GIVEN_CONNECTIONS,
    "From Add Connection to coming back": api.connect.STATE_TTL,
    "The test of a connection": timedelta(seconds=api.trying.LONGEST_SECONDS),
    "Attempts to revoke a connection that is being deleted": steps.connection_tasks.REVOKE_ATTEMPTS,
    "For how long an event of a connection is sent again": steps.connection_tasks.TELL_FOR,
    "Live pages of one process": api.feeds.MOST_STREAMS,
    "A browser's session": api.auth.SESSION_TTL,
}


def measure(text: str) -> int | timedelta:
    found = re.fullmatch(r"([0-9,]+)(?: (\w+))?", text)
    assert found, text
    number, unit = int(found[1].replace(",", "")), found[2]
    if unit in (None, "bytes", "characters"):
        return number
    return timedelta(**{unit if unit.endswith("s") else f"{unit}s": number})


def test_every_limit_is_that_of_the_code():
    assert {row[0]: measure(row[1]) for row in rows(text_of("docs/limits.md"))} == LIMITS
