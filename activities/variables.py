from __future__ import annotations

from steps.errors import RequestInvalid
from steps.given import MAX_GIVEN_CONNECTIONS, Given, give
from steps.http import VariablesRequest
from vault import Signer, Vault


async def read_variables(vault: Vault, signer: Signer, request: VariablesRequest, workflow: str) -> Given:
    """Return what a run of the workflow is given: variables and connections, sealed references for what is secret."""
    if request.workflow != workflow:
        raise RequestInvalid(f"{workflow} asked for the variables of {request.workflow}; a workflow has its own alone.")
    held = await vault.holdings(workflow, most=MAX_GIVEN_CONNECTIONS)
    return give(workflow, held.variables, held.handles, signer.sign)
