"""What a run is given at its start, so that it need not ask for it: its variables, and references to connections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import BaseModel, Field, model_validator

from steps.sealed import Sign, refer_to

MAX_GIVEN_CONNECTIONS = 20  # some 200 bytes each, in the history of every run; with more, a run asks for each it uses


class Given(BaseModel):
    """Plain values, and sealed references in the place of every secret.

    A connection that is not here is looked up when a step asks for it; one that has lost its authorization since is
    told by the call that uses it.
    """

    env: dict[str, str] = Field(default_factory=dict[str, str])
    connections: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="before")
    @classmethod
    def _read_variables_alone(cls, value: object) -> object:
        """Take the variables alone: runs of an earlier build have them so in their history. None is lower case."""
        if isinstance(value, dict) and not cast("dict[str, object]", value).keys() <= {"env", "connections"}:
            return {"env": cast("object", value)}
        return cast("object", value)


def give(workflow: str, variables: Mapping[str, str | None], handles: Iterable[str], sign: Sign) -> Given:
    """Return what a run of the workflow is given; a variable whose value is None is a secret one."""
    return Given(
        env={
            name: refer_to("variable", name, workflow, sign) if value is None else value
            for name, value in variables.items()
        },
        connections={handle: refer_to("connection", handle, workflow, sign) for handle in handles},
    )
