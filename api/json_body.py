from __future__ import annotations

import json
import math
from typing import Any, NoReturn, cast

from starlette.requests import Request

from api.problems import JsonInvalid, JsonNotObject, JsonTooDeep, MediaTypeUnsupported

MAX_DEPTH = 64


async def read_json_object(request: Request) -> dict[str, Any]:
    """Return the request's body, a JSON object; an empty body is an empty object.

    Raises:
        MediaTypeUnsupported: the body says that it is something else.
        JsonInvalid: it is not JSON as RFC 8259 has it, in UTF-8.
        JsonNotObject: it is another kind of JSON.
        JsonTooDeep: it nests deeper than 64 levels.
    """
    body = await request.body()
    if not body:
        return {}
    _check_media_type(request.headers.get("content-type", ""))
    return parse_json_object(body)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Return the object that the bytes are.

    Raises:
        JsonInvalid, JsonNotObject, JsonTooDeep: as `read_json_object`.
    """
    value = read_json(body)
    if not isinstance(value, dict):
        raise JsonNotObject('Send a JSON object, such as {"name": "#1001"}.')
    return cast("dict[str, Any]", value)


def read_json(body: bytes) -> Any:
    """Return what the bytes say, of any kind.

    Raises:
        JsonInvalid: it is not JSON as RFC 8259 has it, in UTF-8.
        JsonTooDeep: it nests deeper than 64 levels.
    """
    value = _parse(body)
    _check(value)
    return value


def _check_media_type(header: str) -> None:
    media_type = header.partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return
    raise MediaTypeUnsupported("Send JSON, with the header `Content-Type: application/json`.")


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise JsonInvalid(
            f"{error.msg} at line {error.lineno}, column {error.colno}.", line=error.lineno, column=error.colno
        ) from None
    except UnicodeDecodeError as error:
        raise JsonInvalid(f"The byte at position {error.start} is not UTF-8.", position=error.start) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # a whole number of thousands of digits
        raise JsonInvalid("A number in the body has too many digits. Send it as text.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise JsonInvalid(f"{name} is not JSON. Leave the field out, or send null.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonInvalid(f"The number {text[:40]} is too large. Send it as text.")
    return number


def _check(value: Any) -> None:
    """Look level by level, so that no depth can exhaust the stack."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            break
    else:
        if any(isinstance(item, (dict, list)) for item in level):
            raise _too_deep()
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise JsonInvalid("A text in the body holds half of a surrogate pair, which is not a character.") from None


def _inner(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(cast("dict[str, Any]", item).values())
    return cast("list[Any]", item) if isinstance(item, list) else []


def _too_deep() -> JsonTooDeep:
    return JsonTooDeep(f"The body nests deeper than {MAX_DEPTH} levels. Send it flatter.", limit=MAX_DEPTH)
