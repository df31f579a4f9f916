"""Calls of Notion's API, and records of its databases."""

from __future__ import annotations

from activities.notion.anywhere import Anywhere
from activities.notion.call import Notion
from activities.notion.once import Once
from activities.notion.plain import PlainFetch
from activities.notion.records import Records
from activities.notion.sources import Sources

__all__ = ["Anywhere", "Notion", "Once", "PlainFetch", "Records", "Sources"]
