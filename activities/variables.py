from __future__ import annotations

from activities.seals import Seals
from steps.errors import RequestInvalid
from steps.http import VariablesRequest
from vault import Vault


async def read_variables(vault: Vault, seals: Seals, request: VariablesRequest, workflow: str) -> dict[str, str]:
    """Return the variables of a workflow: plain values, and sealed references in place of the secret ones."""
    if request.workflow != workflow:
        raise RequestInvalid(f"{workflow} asked for the variables of {request.workflow}; a workflow has its own alone.")
    return {
        # A variable that is not secret always has a value.
        variable.name: seals.make("variable", variable.name, workflow) if variable.secret else variable.value or ""
        for variable in await vault.variables.list(workflow)
    }
