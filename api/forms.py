from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from api.problems import MediaTypeUnsupported, RequestMalformed

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a page's form, as they were typed."""
    media_type = request.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        raise MediaTypeUnsupported(f"Send the form as {MEDIA_TYPE}.")
    try:
        text = (await request.body()).decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise RequestMalformed("The form cannot be read. Reload the page and send it again.") from error
    return dict(fields)
