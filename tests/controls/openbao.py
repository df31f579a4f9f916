"""Keys in OpenBao."""

from __future__ import annotations

from tests.controls import Control, Controls

_ROLES = "tests/openbao/test_roles.py::test_a_role_may_do_this_and_no_more"

CONTROLS: Controls = [
    Control(
        threat="An API that is taken over reads the tokens in the database",
        control="Its role at OpenBao seals tokens and opens none",
        test="tests/openbao/test_vault.py::test_the_api_opens_no_token_and_no_secret_variable",
        path="docker/openbao-policies/api.hcl",
        present='path "transit/encrypt/steps" {\n  capabilities = ["update"]\n}',
        absent='path "transit/+/steps" {\n  capabilities = ["update"]\n}',
    ),
    Control(
        threat="An API that is taken over keeps stolen ciphertext good when the key is rotated",
        control="It may have the key of the stored check wrapped again, and no other",
        test=_ROLES,
        path="docker/openbao-policies/api.hcl",
        present='    "context"    = ["qDuamgXDymnj9sO7JPWN9YDyofMSJ/XNUEreP8RGLg4="]',
        absent='    "context"    = []',
    ),
    Control(
        threat="A worker that is taken over seals tokens of its own making into new rows",
        control="Its role opens and does not seal; a refreshed pair takes the data keys of the one before",
        test="tests/openbao/test_vault.py::test_a_worker_stores_a_refreshed_pair_without_a_permission_to_seal",
        path="docker/openbao-policies/worker.hcl",
        present='path "transit/decrypt/steps" {',
        absent='path "transit/+/steps" {',
    ),
    Control(
        threat="Whoever rotates the keys reads the tokens",
        control="Its role wraps data keys again inside OpenBao, and sees none of them",
        test=_ROLES,
        path="docker/openbao-policies/rotator.hcl",
        present='path "transit/rewrap/steps" {',
        absent='path "transit/+/steps" {',
    ),
    Control(
        threat="Whoever rotates the keys makes them exportable",
        control="Of a key's configuration its role may set the oldest version that opens, and nothing else",
        test=_ROLES,
        path="docker/openbao-policies/rotator.hcl",
        present='path "transit/keys/steps/config" {\n  capabilities = ["update"]\n'
        '  allowed_parameters = {\n    "min_decryption_version" = []\n  }\n}',
        absent='path "transit/keys/steps/config" {\n  capabilities = ["update"]\n}',
    ),
    Control(
        threat="A data key is moved to another row of the database",
        control="OpenBao derives the key that wraps it from its row and field",
        test="tests/openbao/test_keys.py::test_a_key_moved_to_another_context_does_not_open",
        path="vault/openbao.py",
        present='return {"context": _text(hashlib.sha256(context).digest())}',
        absent='return {"context": _text(hashlib.sha256(b"").digest())}',
    ),
    Control(
        threat="A withdrawn secret id goes on to open tokens",
        control="A token is not renewed: who holds it signs in again before its five minutes are over",
        test="tests/openbao/test_roles.py::test_tokens_last_five_minutes_and_have_no_other_policy",
        path="docker/openbao-setup.sh",
        present="token_ttl=5m token_max_ttl=5m",
        absent="token_ttl=768h token_max_ttl=768h",
    ),
    Control(
        threat="The secret id that was replaced stays good",
        control="Only the secret id of the file counts after the setup",
        test="tests/openbao/test_setup.py::test_a_secret_id_in_the_file_takes_the_place_of_the_one_before",
        path="docker/openbao-setup.sh",
        present='[ "$other" = "$kept" ] ||',
        absent="true ||",
    ),
    Control(
        threat="The vault starts with another OpenBao, and seals what nobody can open later",
        control="The API has the key of a stored check wrapped again at its start, which only the right key can",
        test="tests/openbao/test_vault.py::test_another_openbao_is_noticed_when_the_api_opens",
        path="vault/openbao.py",
        present='await self._ask("rewrap", self._name.item(wrapped, context))',
        absent="self._name.item(wrapped, context)",
    ),
    Control(
        threat="While OpenBao is out, a key of this machine takes its place",
        control="Nothing is stored and nothing is opened: runs wait, and the API answers 503",
        test="tests/openbao/test_vault.py::test_no_local_key_takes_the_place_of_an_openbao_that_is_out",
        path="vault/opening.py",
        present='    if provider is None or provider.key_provider != "openbao":\n        return await',
        absent="    if True:\n        return await",
    ),
    Control(
        threat="The address of OpenBao leads a token or a secret id elsewhere",
        control="No redirect is followed, and no proxy of the environment is asked",
        test="tests/openbao/test_client.py",
        path="vault/openbao_client.py",
        present="trust_env=False, follow_redirects=False",
        absent="trust_env=True, follow_redirects=True",
    ),
    Control(
        threat="Somebody else answers in OpenBao's place",
        control="Its certificate is checked, by the CA file alone where there is one",
        test="tests/openbao/test_client.py::test_https_is_taken_from_whom_the_ca_file_names_alone",
        path="vault/openbao_client.py",
        present="        verify = ssl.create_default_context(cafile=ca_file)",
        absent="        verify = False",
    ),
    Control(
        threat="OpenBao's own words, which may repeat what it was asked, reach logs and pages",
        control="An error says the state in words of the product, and the status",
        test="tests/openbao/test_client.py::test_what_is_no_answer_of_openbao_is_not_taken_for_one",
        path="vault/openbao_client.py",
        present='raise KeyProviderUnreachable(f"OpenBao is out of order: it answered {status}.")',
        absent='raise KeyProviderUnreachable(f"OpenBao is out of order: it answered {status} {text!r}.")',
    ),
    Control(
        threat="Data keys and secret ids cross a network in plain text",
        control="http is refused but for this machine, unless the operator allows it",
        test="tests/openbao/test_settings.py::test_plain_http_is_for_this_machine_alone",
        path="settings/vault.py",
        present='and not info.data.get("openbao_plain_http"):',
        absent="and not info.data:",
    ),
    Control(
        threat="A refresh brings back a wrapping that a rotation has just replaced, and that is retired next",
        control="The pair is replaced only where it is still the one that was read",
        test="tests/openbao/test_keys.py::test_a_refresh_keeps_the_wrapping_that_a_rotation_just_made",
        path="vault/connections.py",
        present="of_pair = (c.id == row.id) & (c.version == version) & (c.access == row.access)",
        absent="of_pair = (c.id == row.id) & (c.version == version)",
    ),
    Control(
        threat="An OpenBao that is not one fills the memory of a worker",
        control="An answer is read up to one megabyte, and never in a compressed form",
        test="tests/openbao/test_client.py::test_what_is_no_answer_of_openbao_is_not_taken_for_one",
        path="vault/openbao_client.py",
        present="        if len(text) > _MOST_BYTES:",
        absent="        if not text:",
    ),
]
