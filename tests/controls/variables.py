"""Variables and keys in the pages and over HTTP."""

from __future__ import annotations

from tests.controls import Control, Controls

_API = "tests/api/test_variables.py"
_PAGE = "tests/api/pages/test_variables.py"

CONTROLS: Controls = [
    Control(
        threat="Whoever is signed in reads a secret variable back",
        control="Its value is kept sealed and nowhere else, so that no list and no page has it",
        test=f"{_API}::test_a_secret_value_comes_in_and_never_goes_out",
        path="vault/variables.py",
        present="variable = Variable(workflow, name, secret, None if secret else value, allowed, self._now())",
        absent="variable = Variable(workflow, name, False, value, allowed, self._now())",
    ),
    Control(
        threat="Whoever may only look reads the values of plain variables",
        control="They are shown to those alone who may set them",
        test=f"{_API}::test_only_an_admin_sees_plain_values",
        path="api/variables.py",
        present="        value=variable.value if values and not variable.secret else None,\n",
        absent="        value=variable.value,\n",
    ),
    Control(
        threat="The page that says what is wrong repeats the secret that was typed",
        control="A form keeps what was typed, but for the value, unless that is a plain one",
        test=f"{_PAGE}::test_a_secret_value_is_in_no_page",
        path="api/pages/variables.py",
        present="""        kept = typed if typed["kind"] == "plain" else typed | {"value": ""}\n""",
        absent="        kept = typed\n",
    ),
    Control(
        threat="An error about a variable repeats its value",
        control="It says the size and the name",
        test=f"{_API}::test_a_secret_value_comes_in_and_never_goes_out",
        path="vault/variables.py",
        present='f"The value of {name} holds a null character',
        absent='f"The value {value} of {name} holds a null character',
    ),
    Control(
        threat="A form that is sent twice makes a second key that nobody knows of",
        control="The form carries the id of the key that it makes, and one id makes one key",
        test="tests/api/pages/test_keys.py::test_a_key_is_shown_once_and_its_form_makes_one_key",
        path="api/pages/keys.py",
        present=', id=typed.get("id"))',
        absent=", id=None)",
    ),
]
