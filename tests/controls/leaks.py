"""Logs, pages and error texts."""

from __future__ import annotations

from tests.controls import Control, Controls

CONTROLS: Controls = [
    Control(
        threat="An opened secret is printed, logged or put into an error text",
        control="It is held in an object whose text is a mask, and which cannot be pickled or put into JSON",
        test="tests/vault/test_secret.py",
        path="vault/secret.py",
        present="    def __repr__(self) -> str:\n        return MASK",
        absent="    def __repr__(self) -> str:\n        return self.__value",
    ),
    Control(
        threat="The access log holds codes, states and the secrets of addresses",
        control="An answer is logged by its route, never by its address",
        test="tests/api/test_guards.py::test_the_access_log_names_routes_and_no_address",
        path="api/access_log.py",
        present='route = getattr(scope.get("route"), "path", "(no route)")',
        absent='route = scope["path"] + "?" + scope["query_string"].decode()',
    ),
    Control(
        threat="A collector of traces is told the paths of addresses, which hold ids, and at some hosts a secret",
        control="A span has the host, and the path of Notion's API alone, without ids",
        test="tests/telemetry/test_traces.py::test_nothing_of_what_a_run_works_on_is_sent",
        path="activities/observed.py",
        present='template = path_template(url) if provider == "notion" else None',
        absent="template = url.path",
    ),
    Control(
        threat="A database error repeats what was being stored",
        control="SQLAlchemy hides the parameters of every statement",
        test="tests/vault/test_leaks.py::test_the_database_repeats_no_parameter",
        path="vault/database.py",
        present='engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})',
        absent='engine = create_async_engine(url, connect_args={"timeout": _BUSY_SECONDS})',
    ),
    Control(
        threat="SQLite's driver logs every statement with its values at DEBUG",
        control="Its lines of that level are dropped",
        test="tests/vault/test_leaks.py::test_no_secret_reaches_a_log",
        path="vault/database.py",
        present="    return record.levelno > logging.DEBUG",
        absent="    return True",
    ),
    Control(
        threat="An answer to a wrong request repeats what was sent",
        control="A problem names the parameter and says what is wrong with it, without its value",
        test="tests/api/test_problems.py::test_a_wrong_parameter_is_named_and_not_repeated",
        path="api/answers.py",
        present='"message": str(item["msg"])',
        absent='"message": str(item)',
    ),
    Control(
        threat="An unexpected error shows the insides of the machine",
        control="Only the number of its log entry is shown",
        test="tests/api/test_problems.py::test_an_unexpected_error_shows_its_number_alone",
        path="api/answers.py",
        present='detail = f"The error has been logged under {number}.',
        absent='detail = f"{error!r} {number}.',
    ),
    Control(
        threat="A provider that refuses a code repeats it, or our client secret, and it reaches the log and the page",
        control="Of its answer an error code is told, and only where it has the form of one",
        test="tests/api/test_token_answers.py::test_what_the_token_end_point_may_answer",
        path="api/oauth.py",
        present='code = told if isinstance(told, str) and _CODE.fullmatch(told) else f"status {status}"',
        absent='code = str(told or f"status {status}")',
    ),
    Control(
        threat="Pages are framed, sniffed, cached, or run scripts of others",
        control="A strict Content-Security-Policy and its companions on every answer",
        test="tests/api/test_guards.py::test_every_answer_carries_the_security_headers",
        path="api/security_headers.py",
        present="""        headers.setdefault("Content-Security-Policy", POLICY.format(form_action="'self'"))\n""",
        absent="",
    ),
]
