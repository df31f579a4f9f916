"""What each shipped role may do, tried out one by one."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Literal

import pytest

from tests.openbao.conftest import RoleOf
from tests.openbao.server import DOCKER, ROLES, Server
from vault import KeyProviderDenied
from vault.openbao_client import OpenBao, Refused
from vault.vault import check_context

CHECK = base64.b64encode(hashlib.sha256(check_context()).digest()).decode()
ELSE = base64.b64encode(b"of a connection").decode()
TEXT = base64.b64encode(b"data key").decode()

# Operation: path, body, and who may do it.
MATRIX: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "seal": ("transit/encrypt/steps", {"plaintext": TEXT, "context": ELSE}, {"api"}),
    "open": ("transit/decrypt/steps", {"ciphertext": "steps", "context": ELSE}, {"worker"}),
    "check": ("transit/rewrap/steps", {"ciphertext": "check", "context": CHECK}, {"api", "rotator"}),
    "wrap again": ("transit/rewrap/steps", {"ciphertext": "steps", "context": ELSE}, {"rotator"}),
    "wrap many again": (
        "transit/rewrap/steps", {"batch_input": [{"ciphertext": "steps", "context": ELSE}]}, {"rotator"},
    ),
    "wrap many again as a check": (
        "transit/rewrap/steps",
        {"ciphertext": "check", "context": CHECK, "batch_input": [{"ciphertext": "steps", "context": ELSE}]},
        {"rotator"},
    ),
    "seal a hook": ("transit/encrypt/steps-hooks", {"plaintext": TEXT, "context": ELSE}, {"api"}),
    "open a hook": ("transit/decrypt/steps-hooks", {"ciphertext": "hooks", "context": ELSE}, {"api"}),
    "wrap a hook again": ("transit/rewrap/steps-hooks", {"ciphertext": "hooks", "context": ELSE}, {"rotator"}),
    "rotate": ("transit/keys/steps/rotate", {}, {"rotator"}),
    "rotate the hook key": ("transit/keys/steps-hooks/rotate", {}, {"rotator"}),
    "retire": ("transit/keys/steps/config", {"min_decryption_version": 1}, {"rotator"}),
    "make it exportable": ("transit/keys/steps/config", {"exportable": True}, set()),
    "make it deletable": ("transit/keys/steps/config", {"deletion_allowed": True}, set()),
    "make another key": ("transit/keys/other", {"type": "aes256-gcm96"}, set()),
    "seal with another key": ("transit/encrypt/other", {"plaintext": TEXT, "context": ELSE}, set()),
    "derive a data key": ("transit/datakey/plaintext/steps", {"context": ELSE}, set()),
    "export": ("transit/export/encryption-key/steps", {}, set()),
    "make a secret id": ("auth/approle/role/steps-worker/secret-id", {}, set()),
    "change a policy": ("sys/policies/acl/steps-worker", {"policy": ""}, set()),
    "read the audit": ("sys/audit", {}, set()),
    "make a token": ("auth/token/create", {}, set()),
}  # fmt: skip


@pytest.fixture(scope="module")
def ciphertexts(openbao: Server) -> dict[str, str]:
    def seal(key: str, context: str) -> str:
        given = {"plaintext": TEXT, "context": context}
        return openbao.root("POST", f"transit/encrypt/{key}", given)["data"]["ciphertext"]

    return {"steps": seal("steps", ELSE), "check": seal("steps", CHECK), "hooks": seal("steps-hooks", ELSE)}


@pytest.mark.parametrize("operation", MATRIX)
@pytest.mark.parametrize("name", ROLES)
async def test_a_role_may_do_this_and_no_more(
    role: RoleOf, name: str, operation: str, ciphertexts: dict[str, str]
) -> None:
    path, body, allowed = MATRIX[operation]
    method: Literal["POST", "GET"] = "GET" if operation in ("export", "read the audit") else "POST"
    done = await may(role(name), path, filled(body, ciphertexts), method)
    assert done is (name in allowed)


async def may(client: OpenBao, path: str, body: dict[str, Any], method: Literal["POST", "GET"]) -> bool:
    try:
        await client.ask(path, body if method == "POST" else None, method=method)
    except KeyProviderDenied:
        return False
    except Refused as refused:
        pytest.fail(refused.words)
    return True


def filled(body: dict[str, Any], ciphertexts: dict[str, str]) -> dict[str, Any]:
    """Put the ciphertexts in the place of their names."""
    full = {**body}
    if "ciphertext" in body:
        full["ciphertext"] = ciphertexts[body["ciphertext"]]
    if "batch_input" in body:
        full["batch_input"] = [filled(item, ciphertexts) for item in body["batch_input"]]
    return full


def test_the_policy_of_the_api_names_the_check_of_the_vault():
    assert CHECK in (DOCKER / "openbao-policies" / "api.hcl").read_text(encoding="utf-8")


def test_the_keys_never_leave_openbao(openbao: Server):
    for key in ("steps", "steps-hooks"):
        found = openbao.root("GET", f"transit/keys/{key}")["data"]
        assert (found["exportable"], found["allow_plaintext_backup"], found["deletion_allowed"]) == (False,) * 3
        assert found["derived"] is True


def test_tokens_last_five_minutes_and_have_no_other_policy(openbao: Server):
    for name in ROLES:
        found = openbao.root("GET", f"auth/approle/role/steps-{name}")["data"]
        assert (found["token_ttl"], found["token_max_ttl"]) == (300, 300)
        assert (found["token_policies"], found["token_no_default_policy"]) == ([f"steps-{name}"], True)
