from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from vault import Secret, Tokens

CANARY = "canary-5f1d"


def formatted(secret: Secret) -> str:
    return f"{secret} {secret!r} {secret!s} {secret:>20} %s %r" % (secret, secret) + f"{secret}"


def in_a_model(secret: Secret) -> str:
    class Model(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        secret: Secret

    model = Model(secret=secret)
    shown = f"{model} {model!r} {model.model_dump()}"
    with pytest.raises(pydantic.ValidationError) as refusal:
        pydantic.TypeAdapter(int).validate_python(secret)
    with pytest.raises(Exception, match="serialize") as unserializable:
        model.model_dump_json()
    return f"{shown} {refusal.value} {unserializable.value}"


def in_an_exception(secret: Secret) -> str:
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


SHOWN: dict[str, Callable[[Secret], Any]] = {
    "repr": repr,
    "str": str,
    "format": formatted,
    "str.format": lambda secret: "{0} {0!r} {0:s}".format(secret),  # noqa: UP032 -- its own code path
    "join": lambda secret: str([secret]) + str({"a": secret}),
    "dir": dir,
    "pydantic": in_a_model,
    "exception": in_an_exception,
    "dataclass": lambda secret: repr(Tokens(secret, secret)),
    "asdict": lambda secret: repr(dataclasses.asdict(Tokens(secret, secret))),
    "astuple": lambda secret: repr(dataclasses.astuple(Tokens(secret, secret))),
    "json default": lambda secret: json.dumps({"a": secret}, default=str),
    "copy": lambda secret: repr(copy.copy(secret)) + repr(copy.deepcopy([secret])),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN.keys())
def test_a_secret_never_shows_its_value(show: Callable[[Secret], Any]) -> None:
    assert CANARY not in str(show(Secret(CANARY)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_refuses_to_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY), protocol)


def test_a_secret_refuses_json_and_vars() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        vars(Secret(CANARY))
    with pytest.raises(TypeError):
        Secret(CANARY).__getstate__()


def test_a_log_shows_the_mask(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").error("%s %r", Secret(CANARY), Tokens(Secret(CANARY), None))
    assert CANARY not in caplog.text
    assert "<secret>" in caplog.text


def test_only_reveal_gives_the_value() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    assert (repr(secret), str(secret), f"{secret:>20}") == ("<secret>", "<secret>", "<secret>")
    assert copy.deepcopy(secret) is secret
