"""Calls of Notion's API, and records of its databases."""

from __future__ import annotations

from activities.notion.adapting import Adapted
from activities.notion.call import Notion
from activities.notion.once import Once
from activities.notion.plain import PlainFetch
from activities.notion.records import Records
from activities.notion.sources import Sources
from activities.notion.uploads import Uploads

__all__ = ["Adapted", "Notion", "Once", "PlainFetch", "Records", "Sources", "Uploads"]
