"""Calls of Notion's API."""

from __future__ import annotations

from activities.notion.call import Notion

__all__ = ["Notion"]
