"""Notion, by a connection's handle."""

from __future__ import annotations

from steps.notion.client import Notion

__all__ = ["Notion"]
