"""Calls of Notion's API, and records of its databases."""

from __future__ import annotations

from activities.notion.call import Notion
from activities.notion.records import Records

__all__ = ["Notion", "Records"]
