"""Who gets which of OpenBao's secrets in docker-compose.yml, and who can reach it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings import ROOT, Settings
from tests.test_compose import compose

__all__ = ["compose"]

ID = "openbao_{}_secret_id"


def holders(compose: dict[str, Any], secret: str) -> set[str]:
    services = compose["services"].items()
    return {name for name, service in services if secret in {each["source"] for each in service.get("secrets", [])}}


@pytest.mark.parametrize(
    ("secret", "who"),
    [
        (ID.format("api"), {"api", "openbao-setup"}),
        (ID.format("worker"), {"worker", "openbao-setup"}),
        (ID.format("rotator"), set[str]()),
        ("openbao_unseal_key", {"openbao"}),
    ],
)
def test_a_secret_of_openbao_goes_to_whom_it_is_for_alone(compose: dict[str, Any], secret: str, who: set[str]):
    assert holders(compose, secret) == who


def test_nobody_else_reaches_openbao(compose: dict[str, Any]):
    joined = {name for name, service in compose["services"].items() if "openbao" in service.get("networks", {})}
    assert joined == {"api", "worker", "openbao", "openbao-setup"}
    assert compose["networks"]["openbao"]["internal"] is True
    assert "ports" not in compose["services"]["openbao"]
    assert set(compose["services"]["openbao"]["networks"]) == {"openbao"}


def test_the_root_token_is_on_a_volume_of_the_setup_alone(compose: dict[str, Any]):
    def users(volume: str) -> set[str]:
        services = compose["services"].items()
        return {
            name for name, service in services if volume in {each.get("source") for each in service.get("volumes", [])}
        }

    assert users("openbao-admin") == {"openbao-setup"}
    assert users("openbao") == users("openbao-audit") == {"openbao"}


@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_process_signs_in_as_itself(compose: dict[str, Any], name: str):
    service = compose["services"][name]
    given = {key.removeprefix("STEPS_").lower(): value for key, value in service["environment"].items()}
    given = {key: value for key, value in given.items() if key.startswith(("openbao", "key_provider"))}
    [target] = [each["target"] for each in service["secrets"] if each["source"] == ID.format(name)]
    assert Path(target).name == "steps_openbao_secret_id"
    made = Settings(_env_file=None, openbao_secret_id="x", **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    assert (made.key_provider, made.openbao_role_id) == ("openbao", f"steps-{name}")
    assert service["depends_on"]["openbao-setup"]["condition"] == "service_completed_successfully"


def test_every_file_that_openbao_is_given_is_there(compose: dict[str, Any]):
    for name in ("openbao", "openbao-setup"):
        for volume in compose["services"][name]["volumes"]:
            if volume["type"] == "bind":
                assert volume["read_only"] is True
                assert (ROOT / "docker" / Path(volume["source"]).name).exists()
