"""A file that the worker fetches and puts into Notion."""

from __future__ import annotations

from datetime import timedelta

from steps.http import OutsideCall
from steps.retry import Retry

TIMEOUT = timedelta(minutes=15)  # of one attempt: the download, and each part within Notion's own limit
RETRY = Retry(attempts=20, backoff=1, longest=60)


class UploadRequest(OutsideCall):
    """Fetch a file, and send it to Notion in as many parts as it needs."""

    handle: str
    url: str
    filename: str
    content_type: str | None = None
    version: str | None = None
