"""Notion, by a connection's handle."""

from __future__ import annotations

from steps.notion.client import Notion
from steps.notion.records import Record
from steps.notion.values import DateRange, File, Person, Place, Relation

__all__ = ["DateRange", "File", "Notion", "Person", "Place", "Record", "Relation"]
