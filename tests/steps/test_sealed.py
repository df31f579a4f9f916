from __future__ import annotations

import pytest

from steps.sealed import PATTERN, SealedToken, is_sealed, make_reference, seal_purpose, seal_text

PROOF = "aZ0_-" * 8 + "abc"
TOKEN = make_reference("connection", "my-notion", PROOF)


def test_a_reference_is_its_kind_its_name_and_its_proof():
    assert str(TOKEN) == f"sealed:connection:my-notion:{PROOF}"
    match = PATTERN.fullmatch(TOKEN)
    assert match
    assert match.groups() == ("connection", "my-notion", PROOF)


def test_a_reference_goes_into_a_header_like_the_token_itself():
    assert f"Bearer {TOKEN}" == "Bearer " + str(TOKEN)
    assert is_sealed(f"Bearer {TOKEN}")


def test_its_repr_shows_the_name_alone():
    assert repr(TOKEN) == "SealedToken('my-notion')"
    assert repr(SealedToken("anything else")) == "SealedToken(damaged)"


def test_it_holds_nothing_beside_its_text():
    with pytest.raises(AttributeError):
        TOKEN.secret = "x"  # pyright: ignore[reportAttributeAccessIssue]  # on purpose


@pytest.mark.parametrize(
    "text",
    [
        "", "sealed:", "sealed:connection:my-notion", f"sealed:connection::{PROOF}", f"sealed:other:my-notion:{PROOF}",
        f"sealed:connection:my notion:{PROOF}", f"sealed:connection:{'n' * 65}:{PROOF}",
        f"sealed:connection:n:{PROOF[1:]}", f"SEALED:connection:n:{PROOF}", f"sealed:connection:n:{PROOF[1:]}=",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_reference_is_none(text: str):
    assert not is_sealed(text)


def test_a_proof_is_for_one_workflow_one_kind_and_one_name():
    purposes = {seal_purpose(workflow) for workflow in ("A", "B")}
    texts = {seal_text("connection", "a"), seal_text("variable", "a"), seal_text("connection", "b")}
    assert len(purposes) == 2
    assert len(texts) == 3
