from __future__ import annotations

import pytest

from steps.environment import Env
from steps.errors import VariableNotFound
from steps.sealed import SealedToken, make_reference

SECRET = make_reference("variable", "KEY", "k" * 43)
ENV = Env("Flow", {"TABLE": "t1", "KEY": str(SECRET)})


def test_it_is_a_mapping_of_the_variables():
    assert ENV["TABLE"] == "t1"
    assert sorted(ENV) == ["KEY", "TABLE"]
    assert len(ENV) == 2
    assert "TABLE" in ENV
    assert "OTHER" not in ENV
    assert ENV.get("OTHER", "default") == "default"


def test_a_secret_one_is_a_sealed_token_and_an_open_one_is_not():
    assert type(ENV["KEY"]) is SealedToken
    assert type(ENV["TABLE"]) is str


def test_a_missing_one_names_the_others_and_the_command_that_sets_it():
    with pytest.raises(VariableNotFound) as caught:
        ENV["DATABASE"]
    assert str(caught.value) == (
        "Flow has no variable 'DATABASE'. It has: KEY, TABLE. "
        "Set it with `python cli.py variables set Flow DATABASE VALUE`; a run reads them when it starts."
    )
    with pytest.raises(KeyError):
        Env("Flow", {})["DATABASE"]


def test_it_cannot_be_changed():
    with pytest.raises(TypeError):
        ENV["TABLE"] = "t2"  # pyright: ignore[reportIndexIssue]  # on purpose


def test_its_repr_shows_no_value():
    assert repr(ENV) == "Env(KEY, TABLE)"
