"""What Temporal stores."""

from __future__ import annotations

from tests.controls import Control, Controls

_HISTORIES = "tests/codec/test_histories.py::test_nothing_of_a_run_can_be_read_in_temporals_database"

CONTROLS: Controls = [
    Control(
        threat="Whoever reads Temporal's database reads what runs are given and return",
        control="With keys set, every payload, memo, summary and heartbeat is encrypted before it leaves the process",
        test=_HISTORIES,
        path="codec/payloads.py",
        present="        return [self.encrypt(payload) for payload in payloads]",
        absent="        return list(payloads)",
    ),
    Control(
        threat="Exception texts and stack traces stand in Temporal in plain text, for they are no payloads",
        control="Messages and stack traces of failures and of their causes are moved into encrypted attributes",
        test=_HISTORIES,
        path="codec/converter.py",
        present="return replace(converter, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)",
        absent="return converter",
    ),
    Control(
        threat="Headers of starts and signals stand in Temporal in plain text",
        control="Clients and workers encrypt headers too",
        test=_HISTORIES,
        path="temporal.py",
        present="HeaderCodecBehavior.CODEC if keys else HeaderCodecBehavior.NO_CODEC",
        absent="HeaderCodecBehavior.NO_CODEC",
    ),
    Control(
        threat="An encrypted payload is changed, or passed off as another key's",
        control="AES-GCM with the key's id as associated data: it does not open",
        test="tests/codec/test_payloads.py::test_a_payload_does_not_open_under_another_keys_name",
        path="codec/payloads.py",
        present='return b"durable-steps payload 1\\0" + key_id',
        absent='return b"durable-steps payload 1\\0"',
    ),
    Control(
        threat="Nonces repeat, and with them the cipher's key stream",
        control="Each payload has a random nonce of 192 bits, from which a key of its own is derived",
        test="tests/codec/test_keys.py::test_no_two_payloads_share_a_nonce",
        path="codec/keys.py",
        present="nonce = secrets.token_bytes(_SALT_BYTES + _NONCE_BYTES)",
        absent="nonce = bytes(_SALT_BYTES + _NONCE_BYTES)",
    ),
    Control(
        threat="A worker that was not given the key fails the runs that it cannot read",
        control="What cannot be decrypted fails the workflow's task, never the run: it waits for a worker with the key",
        test="tests/codec/test_histories.py::test_a_run_waits_while_no_worker_has_its_key",
        path="codec/errors.py",
        present="type=self.kind, non_retryable=False",
        absent="type=self.kind, non_retryable=True",
    ),
    Control(
        threat="A worker that was not given the key fails the calls that it cannot read, for good",
        control="It hesitates until Temporal counts it as dead and gives the call to another worker",
        test="tests/codec/test_histories.py::test_a_call_that_one_worker_cannot_read_is_left_to_another",
        path="codec/payloads.py",
        present="await asyncio.sleep(HESITATION)",
        absent="await asyncio.sleep(0)",
    ),
    Control(
        threat="A stranger has payloads decrypted",
        control="Decrypting needs an API key or a signed-in browser",
        test="tests/api/test_codec.py::test_without_a_key_or_a_session_nothing_is_decrypted",
        path="api/auth.py",
        present="        if session is None:\n            raise _required(_HOW)\n",
        absent='        if session is None:\n            return Caller(None, ("admin",), "")\n',
    ),
    Control(
        threat="A page of another site has the signed-in browser decrypt payloads, and reads them",
        control="One origin alone may ask, that of the Temporal UI in the settings, compared as a whole",
        test="tests/api/test_codec.py::test_no_other_origin_is_let_in",
        path="api/codec_cors.py",
        present='Headers(scope=scope).getlist("origin") == [origin]',
        absent='bool(Headers(scope=scope).getlist("origin"))',
    ),
    Control(
        threat="A page of the Temporal UI uses the browser's session for more than decrypting",
        control="It is let in at the one path of the codec server",
        test="tests/api/test_codec.py::test_the_ui_reaches_nothing_else",
        path="api/codec_cors.py",
        present='scope["path"] == path and ',
        absent="",
    ),
    Control(
        threat="A mistyped payload key is printed when the process ends because of it",
        control="The error names the entry's id alone",
        test="tests/codec/test_keys.py::test_a_key_that_cannot_be_one_is_named_and_not_shown",
        path="codec/keys.py",
        present="entry {number} has no id: write",
        absent="entry {number} {entry} has no id: write",
    ),
]
