from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Front:
    """Where the API is, a key that may do everything, and what there is."""

    address: str
    key: str
    hook_secret: str
    events_secret: str
    run_id: str
    schedule_id: str

    def config(self) -> str:
        """Return Schemathesis's configuration: what is there by its name, and what no schema can say."""
        return f"""
[parameters]
"path.handle" = "my-notion"
"path.name" = "ApproveOrder"
"path.workflow" = "ApproveOrder"
"path.workflow_name" = "ApproveOrder"
"path.variable" = "DATABASE_ID"
"path.run_id" = "{self.run_id}"
"path.schedule_id" = "{self.schedule_id}"
"path.secret" = "{self.hook_secret}"

[[operations]]
include-path = "/hooks/notion/events/{{secret}}"
parameters = {{ "path.secret" = "{self.events_secret}" }}

# The order of its example is approved by nobody, so that each test of it would wait as long as it may.
[[operations]]
include-path = "/api/v1/workflows/{{name}}/test"
parameters = {{ "query.wait" = 0.2 }}

# An id may hold slashes: a GET or a DELETE is about the thing whose id ends in this word.
[[operations]]
include-path-regex = "_id}}/[a-z]+$"
phases = {{ coverage = {{ unexpected-methods = ["PUT", "PATCH", "TRACE", "QUERY"] }} }}

# The ids above take the place of those that a link brings, also once they are deleted.
[checks.ensure_resource_availability]
enabled = false

# Valid by its schema, and refused all the same: a cursor is signed, and a workflow declares the data that it takes.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 410, 422, 429, 503]
"""
