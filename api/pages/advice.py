"""What to do about a failed step, in a sentence; docs/errors.md says more of each."""

from __future__ import annotations

_OWN_CODE = "Correct the workflow where the message says, start a worker with it, and retry the failed steps."
_BIG = "Pass an id instead, and read the rest in the step. Then retry the failed steps."
_STORE = "Correct what the message names; the store is as it was. Then retry the failed steps."
_OF_TYPE = {
    "payload-invalid": "Correct the field that the message names: in what is sent, or in what the step declares.",
    "payload-too-large": _BIG,
    "branch-limit-exceeded": "Start the rest from a later step, or as runs of their own.",
    "store-invalid": _STORE,
    "store-too-large": "Keep ids and counters in the store, and the rest elsewhere. Then retry the failed steps.",
    "variable-not-found": "Set the variable; a retry of the failed steps reads it anew.",
    "connection-not-found": "Connect the account under OAuth Connections, by this handle. Then retry the failed steps.",
    "connection-needs-reauthorization": "OAuth Connections → the handle → Reconnect, with the same account. "
    "Then retry the failed steps.",
    "request-invalid": "Nothing was sent. Correct the call as the message says, and retry the failed steps.",
    "record-invalid": "Nothing was sent. Correct each property that the message lists, and retry the failed steps.",
    "seal-invalid": "Put the reference into a header as it is. Then retry the failed steps.",
    "egress-denied": "Nothing was sent. Correct the address, or let the operator allow its host.",
    "fetch-failed": "Look on the other side whether the request took effect. Then retry the failed steps.",
    "response-too-large": "The request was made, its answer is too large: ask for less, or raise the limit.",
    "notion-error": "Do what the message ends in, and retry the failed steps.",
    "vault-failed": "Mend the vault, and retry the failed steps.",
    "step-timed-out": "Allow the step more time, or do less in one step. Then retry the failed steps.",
    "call-failed": "Look at what the activity raised; mend that, and retry the failed steps.",
}


def advice_for(kind: str) -> str:
    """Return what to do about an error of this type; an exception of the workflow's own has its class's name."""
    return _OF_TYPE.get(kind, _OWN_CODE)
