"""API keys, and what each may."""

from __future__ import annotations

from tests.controls import Control, Controls

_SCOPES = "tests/api/test_scopes.py"

CONTROLS: Controls = [
    Control(
        threat="A key that was made for one thing does another",
        control="Each route of the API names the scopes that it needs, and refuses a key without them",
        test=f"{_SCOPES}::test_a_route_is_open_to_the_scopes_that_it_needs_and_to_no_others",
        path="api/auth.py",
        present="        hold(caller.scopes, self.scopes)\n",
        absent="",
    ),
    Control(
        threat="A browser does what the key that signed it in may not",
        control="Each page names the scopes that it needs, whatever it shows",
        test=f"{_SCOPES}::test_a_route_is_open_to_the_scopes_that_it_needs_and_to_no_others",
        path="api/auth.py",
        present="        hold(request.state.scopes, self.scopes)\n",
        absent="",
    ),
    Control(
        threat="A route is added and nobody says who may use it",
        control="An application with a route that declares nothing does not start",
        test=f"{_SCOPES}::test_a_route_that_declares_nothing_does_not_get_in",
        path="api/declared.py",
        present="    if open_to_all:\n",
        absent="    if open_to_all and not open_to_all:\n",
    ),
    Control(
        threat="Whoever may only look starts runs by the address of a trigger",
        control="The address is shown to those alone who may start runs",
        test=f"{_SCOPES}::test_only_who_may_start_runs_sees_the_addresses_of_triggers",
        path="api/workflow_detail.py",
        present="hook_url=await _address(services, name) if addresses else None,",
        absent="hook_url=await _address(services, name),",
    ),
    Control(
        threat="Whoever may only look starts runs by the address on a workflow's page",
        control="The page, too, shows it to those alone who may start runs",
        test="tests/api/pages/test_workflows.py::test_the_address_is_shown_to_those_who_may_start_runs",
        path="api/pages/workflows.py",
        present="addresses=may_start",
        absent="addresses=True",
    ),
    Control(
        threat="Whoever may only look resumes a run by the address of its wait",
        control="The address is shown to those alone who may operate",
        test="tests/api/test_resume.py::test_only_who_may_operate_sees_the_link",
        path="api/runs.py",
        present="    signer = services.signer if caller.may(OPERATE) else None  # which makes",
        absent="    signer = services.signer  # which makes",
    ),
    Control(
        threat="A key that is about to end makes itself a successor",
        control="A key cannot make one that outlives it",
        test="tests/api/test_keys.py::test_a_key_does_not_outlive_the_one_that_made_it",
        path="api/keys.py",
        present="    return wanted or last\n",
        absent="    return wanted\n",
    ),
    Control(
        threat="A key that is forgotten is good for ever",
        control="A key can be given an end, and is refused from then on, as are its sessions",
        test="tests/vault/test_api_keys.py::test_a_key_ends_when_it_expires_and_its_sessions_with_it",
        path="vault/api_keys.py",
        present="api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)",
        absent="api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.id.is_not(None))",
    ),
    Control(
        threat="A filter's text becomes a part of the query that Temporal is asked",
        control="What has quotes or backslashes fits nothing, and the rest is a literal",
        test="tests/api/pages/test_run_list.py::test_a_hostile_text_is_a_text",
        path="api/run_filters.py",
        present="        if any(_UNSEARCHED & set(one) for one in",
        absent="        if any(not one for one in",
    ),
    Control(
        threat="Guesses of keys wear out the database",
        control="Wrong keys and links are counted by client address and in all, and then refused unread",
        test="tests/api/test_attempts.py::test_wrong_keys_are_held_up_and_told_for_how_long",
        path="api/auth.py",
        present="        services.attempts.failed(request, text)\n",
        absent="",
    ),
    Control(
        threat="A stranger's wrong keys shut out those who have a good one",
        control="A key that was good before is not held up",
        test="tests/api/test_attempts.py::test_who_has_shown_a_good_key_is_not_held_up_by_others_failures",
        path="api/attempts.py",
        present="        if text and digest(text) in self._known:\n",
        absent="        if text and digest(text) in ():\n",
    ),
]
