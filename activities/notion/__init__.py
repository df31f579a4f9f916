"""Calls of Notion's API."""

from __future__ import annotations

from activities.notion.call import Notion
from activities.notion.once import Once
from activities.notion.plain import PlainFetch

__all__ = ["Notion", "Once", "PlainFetch"]
