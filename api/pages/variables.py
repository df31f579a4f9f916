"""The pages of variables: list, set one, delete one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.forms import read_form
from api.problems import WorkflowUnknown
from api.rendering import render
from api.services import Services, Shared
from api.variables import set_variable, variable_view
from vault.errors import VariableRefused
from vault.scopes import ADMIN, covers
from vault.variables import LONGEST_VALUE, MOST_OF_A_WORKFLOW, Variable

router = APIRouter(include_in_schema=False)

_FIELD = {
    "variable-workflow-invalid": "workflow",
    "variable-name-invalid": "name",
    "variable-value-invalid": "value",
    "variable-too-long": "value",
    "variables-too-large": "value",
    "variable-hosts-missing": "hosts",
    "variable-host-invalid": "hosts",
}
_FIELDS = ("workflow", "name", "kind", "value", "hosts", "change")
_KINDS = ("plain", "secret")


@router.get("/variables", dependencies=[page_needs("read")], summary="Show the variables")
async def show_all(
    request: Request,
    services: Shared,
    workflow: Annotated[str, Query()] = "",
    name: Annotated[str, Query()] = "",
) -> Response:
    """Show the variables by workflow; the one that is named was just set, or is just gone."""
    found = await (await services.vault()).variables.list()
    values = covers(request.state.scopes, (ADMIN,))
    changed = next((one for one in found if (one.workflow, one.name) == (workflow, name)), None)
    shown = [variable_view(variable, values=values) for variable in found]
    return render(
        "variables.html",
        request.scope,
        groups=[(of, list(items)) for of, items in groupby(shown, lambda one: one.workflow)],
        known=services.workflows.workflows,
        changed=changed,
        gone=bool(name) and changed is None,
    )


@router.get("/variables/set", dependencies=[page_needs("admin")], summary="Show the form for a variable")
async def show_form(
    request: Request,
    services: Shared,
    workflow: Annotated[str, Query()] = "",
    name: Annotated[str, Query()] = "",
) -> Response:
    """Show the form: empty, or for the variable that is named; the value of a secret one is not in it."""
    present = await _present(services, workflow, name)
    typed = dict.fromkeys(_FIELDS, "") | {"workflow": workflow[:255], "kind": "plain"}
    if present is not None:
        kind = "secret" if present.secret else "plain"
        typed |= {"name": name, "kind": kind, "value": present.value or "", "hosts": "\n".join(present.hosts)}
        typed |= {"change": "yes"}
    return _form(request, services, typed, {}, present=present)


@router.post("/variables/set", dependencies=[page_needs("admin")], summary="Set a variable")
async def put(request: Request, services: Shared) -> Response:
    """Set the variable, and show it in the list; a secret value is in no page, not even beside an error."""
    typed = _read(await read_form(request))
    workflow, name, secret = typed["workflow"], typed["name"], typed["kind"] == "secret"
    present = await _present(services, workflow, name)
    errors = _errors_of(typed, present)
    if not errors:
        hosts = typed["hosts"].replace(",", " ").split() if secret else []
        try:
            await set_variable(services, workflow, name, typed["value"], secret=secret, hosts=hosts)
        except WorkflowUnknown as error:
            errors = {"workflow": str(error)}
        except VariableRefused as error:
            errors = {_FIELD.get(error.type, "value"): str(error)}
    if errors:
        kept = typed if typed["kind"] == "plain" else typed | {"value": ""}
        return _form(request, services, kept, errors, present=present, status=422)
    return RedirectResponse(f"/variables?{urlencode({'workflow': workflow, 'name': name})}", 303)


@router.post("/variables/delete", dependencies=[page_needs("admin")], summary="Delete a variable")
async def delete(request: Request, services: Shared) -> Response:
    """Delete the variable; runs in progress keep what they have read."""
    typed = await read_form(request)
    workflow, name = typed.get("workflow", ""), typed.get("name", "")
    await (await services.vault()).variables.delete(workflow, name)
    return RedirectResponse(f"/variables?{urlencode({'workflow': workflow, 'name': name})}", 303)


def _read(form: Mapping[str, str]) -> dict[str, str]:
    typed = {name: form.get(name, "") for name in _FIELDS}
    # Browsers send each line end as CR LF, and one more where a text was pasted with it.
    value = typed["value"].replace("\r\n", "\n").rstrip("\n")
    return typed | {"name": typed["name"].strip(), "value": value}


def _errors_of(typed: Mapping[str, str], present: Variable | None) -> dict[str, str]:
    if present is not None and not typed["change"]:
        return {"name": f"{typed['workflow']} has a variable of this name. Change that one in the list, or rename."}
    if typed["kind"] not in _KINDS:
        return {"kind": "Choose whether the value is plain or secret."}
    if typed["kind"] == "secret" and not typed["value"]:
        return {"value": "Type the value: a secret one is never shown, so that the present one cannot be kept."}
    return {}


async def _present(services: Services, workflow: str, name: str) -> Variable | None:
    found = await (await services.vault()).variables.list(workflow) if workflow and name else []
    return next((variable for variable in found if variable.name == name), None)


def _form(
    request: Request,
    services: Services,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    present: Variable | None,
    status: int = 200,
) -> Response:
    return render(
        "variable_set.html",
        request.scope,
        status=status,
        typed=typed,
        errors=errors,
        present=present if typed["change"] else None,
        workflows=sorted(services.workflows.workflows),
        longest=LONGEST_VALUE,
        most=MOST_OF_A_WORKFLOW,
    )
