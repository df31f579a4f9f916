"""The examples of the OpenAPI document, by the names of its schemas: one shop, one order, one Notion workspace."""

from __future__ import annotations

from typing import Any, cast

_ID, _UI = "order-to-notion/1001", "http://localhost:8233/namespaces/default/workflows/order-to-notion%2F1001"
_HOOK = "https://steps.example/hooks/order-to-notion/Xk3vN0sUqvE0b5mJw3l8Zg"
_BEGAN, _ENDED, _LATER = "2026-11-23T08:00:00Z", "2026-11-23T08:00:11Z", "2026-11-24T08:00:00Z"
_ORDER = {"name": "#1001", "total_price": "128.50", "currency": "EUR"}
_LINE = {"at": _ENDED, "level": "info", "step": "create_record", "branch": 1, "message": "Created page 59833787"}
_RUN = {
    "id": _ID,
    "workflow": "OrderToNotion",
    "status": "completed",
    "started_at": _BEGAN,
    "ended_at": _ENDED,
    "trigger": "hook",
    "ui_url": _UI,
}
_CONNECTION = {
    "handle": "my-notion",
    "provider": "notion",
    "status": "active",
    "workspace_id": "2f6b6b0e",
    "workspace_name": "Corner Shop",
    "owner": "Ada Lovelace",
    "created_at": "2026-11-02T09:30:00Z",
    "authorized_at": "2026-11-02T09:30:00Z",
    "last_used_at": _ENDED,
    "verified_at": None,
    "deleting_at": None,
}
_KEY = {
    "id": "3f0c1d52",
    "name": "our shop",
    "prefix": "steps_Ab3",
    "scopes": ["trigger"],
    "created_at": _BEGAN,
    "created_by": "operator",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
}
_WORKFLOW = {
    "name": "OrderToNotion",
    "doc": "Record each paid order as a page in a Notion database.",
    "steps": ["start", "create_record"],
    "on": None,
    "signed": None,
    "ready": True,
    "hook_url": _HOOK,
}
_IN_TEN_SECONDS: dict[str, Any] = {"delay": "10 seconds", "many": False, "sometimes": False, "after": []}
EXAMPLES: dict[str, Any] = {
    "AddressView": {"hook_url": _HOOK, "earlier_until": _LATER},
    "CallList": {
        "calls": [
            {
                "step": "create_record",
                "call": "POST api.notion.com/v1/pages",
                "method": "POST",
                "address": "api.notion.com/v1/pages",
                "status": 200,
                "outcome": "completed",
                "attempt": 1,
                "began": "2026-11-23T08:00:10Z",
                "ended": _ENDED,
                "error": None,
            }
        ],
        "next_cursor": None,
    },
    "ConnectionView": _CONNECTION,
    "DeletionView": {
        "handle": "my-notion",
        "deleting_at": _BEGAN,
        "next": "Nothing uses it from now on. A worker revokes it at Notion, and then deletes its tokens.",
    },
    "EventView": {"started": ["row-changed/1c2d3e4f"], "earlier": [], "verification": None},
    "Kept": {"keep_seconds": 86_400},
    "KeyView": _KEY,
    "MadeKeyView": {**_KEY, "key": "steps_Ab3…"},
    "MakeKey": {"name": "our shop", "scopes": ["trigger"], "expires_at": None},
    "Readiness": {
        "ready": True,
        "checks": [
            {"name": "temporal", "state": "ok", "detail": "Temporal answers.", "reason": None},
            {"name": "worker", "state": "ok", "detail": "A worker polls.", "reason": None},
            {"name": "vault", "state": "ok", "detail": "The vault is open.", "reason": None},
            {"name": "workflows", "state": "ok", "detail": "5 loaded.", "reason": None},
        ],
    },
    "ResumedView": {
        "resumed": True,
        "already": False,
        "run": "approve-order/1002",
        "step": "decide",
        "at": _ENDED,
    },
    "RevealedTokenView": {"id": "7a1e", "token": "secret_…", "received_at": _BEGAN},
    "RunSummary": _RUN,
    "RunList": {"runs": [_RUN], "next_cursor": None},
    "RunView": {
        **_RUN,
        "steps_done": 2,
        "attempts": 2,
        "result": None,
        "store": {},
        "log": [_LINE],
    },
    "ScheduleBody": {"workflow": "OrderToNotion", "name": "nightly", "cron": "0 3 * * *", "time_zone": "Europe/Berlin"},
    "ScheduleView": {
        "id": "steps/order-to-notion/nightly",
        "workflow": "OrderToNotion",
        "made_by": "api",
        "when": "at 03:00 every day, Europe/Berlin",
        "overlap": "skip",
        "data": {},
        "paused": False,
        "note": None,
        "counter": 1,
        "remaining": None,
        "next_times": ["2026-11-24T02:00:00Z"],
        "last_runs": [{"id": _ID, "scheduled_at": "2026-11-23T02:00:00Z", "started_at": "2026-11-23T02:00:00Z"}],
        "created_at": _BEGAN,
        "updated_at": None,
    },
    "SecretBody": {"secret": "a-secret-of-the-shop", "keep_seconds": 3600},
    "SecretView": {"scheme": "shopify", "created_at": _BEGAN, "until": None},
    "SessionView": {
        "id": "9b2e",
        "name": "ada@example.com",
        "key_id": None,
        "scopes": ["operate"],
        "created_at": _BEGAN,
        "seen_at": _ENDED,
        "expires_at": "2026-11-23T20:00:00Z",
    },
    "StartRun": {"data": _ORDER, "headers": {"x-shop": "corner"}},
    "StartedView": {"id": _ID, "duplicate": False, "run_url": f"https://steps.example/runs/{_ID}"},
    "StepList": {
        "steps": [
            {
                "step": "create_record",
                "branch": 1,
                "attempt": 1,
                "began": "2026-11-23T08:00:10Z",
                "ended": _ENDED,
                "outcome": "completed",
                "error": None,
                "log": [_LINE],
            }
        ],
        "next_cursor": None,
        "note": None,
    },
    "TrialView": {"ok": True, "connection": {**_CONNECTION, "verified_at": _ENDED}, "problem": None, "message": None},
    "VariableBody": {"value": "sk_live_…", "secret": True, "hosts": ["api.example.com"]},
    "VariableView": {
        "workflow": "OrderToNotion",
        "name": "MAIL_KEY",
        "secret": True,
        "value": None,
        "hosts": ["api.example.com"],
        "updated_at": _BEGAN,
    },
    "WebhookView": {
        "address": "https://steps.example/hooks/notion/events/Xk3vN0sUqvE0b5mJw3l8Zg",
        "state": "waiting",
        "next": "Make a subscription at Notion with this address.",
        "tokens": [],
    },
    "WorkflowDetail": {
        **_WORKFLOW,
        "file": "workflows/order_to_notion.py",
        "respond": False,
        "missing": [],
        "variables": [{"name": "NOTION_DATABASE_ID", "required": True, "present": True}],
        "other_variables": False,
        "connections": [{"handle": "my-notion", "provider": "notion", "status": "active"}],
        "nodes": [{"name": "start", "doc": "", "line": 9}, {"name": "create_record", "doc": "", "line": 16}],
        "hooks": [],
        "edges": [{"source": "start", "target": "create_record", "kind": "next", **_IN_TEN_SECONDS}],
        "sample": _ORDER,
    },
    "WorkflowView": _WORKFLOW,
}
ORDER: dict[str, Any] = _ORDER
"""What a shop posts to a trigger."""

EVENT: dict[str, Any] = {
    "id": "1c2d3e4f",
    "type": "page.created",
    "timestamp": _BEGAN,
    "workspace_id": "2f6b6b0e",
    "entity": {"id": "59833787", "type": "page"},
}
"""What Notion posts."""

PAYLOADS: dict[str, Any] = {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IiMxMDAxIg=="}]}
"""What Temporal's UI and command line send to have decrypted."""

PARAMETERS = {
    "name": "OrderToNotion",
    "run_id": _ID,
    "schedule_id": "steps/order-to-notion/nightly",
    "handle": "my-notion",
    "key_id": "3f0c1d52",
    "session_id": "9b2e",
    "workflow": "order-to-notion",
    "workflow_name": "OrderToNotion",
    "variable": "MAIL_KEY",
    "secret": "Xk3vN0sUqvE0b5mJw3l8Zg",
    "token": "Xk3vN0sUqvE0b5mJw3l8Zg",
}
"""What stands for the parameters of a path in the commands that /docs shows."""


def example_of(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Return an example of a schema: its own, that of its name, or one made of those of its parts; None without any."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return EXAMPLES.get(name) or example_of(components.get(name, {}), components)
    if own := schema.get("examples"):
        return cast("list[Any]", own)[0]
    if schema.get("title") in EXAMPLES:
        return EXAMPLES[schema["title"]]
    if either := schema.get("anyOf"):
        return next((found for part in either if (found := example_of(part, components)) is not None), None)
    if schema.get("type") == "array":
        part = example_of(schema.get("items", {}), components)
        return None if part is None else [part]
    return None
