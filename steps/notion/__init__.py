"""Notion, by a connection's handle."""

from __future__ import annotations

from steps.notion.client import Notion
from steps.notion.records import Record
from steps.notion.results import Results
from steps.notion.shapes import (
    Block,
    Comment,
    Database,
    DataSource,
    FileUpload,
    Filter,
    Page,
    Parent,
    ResultPage,
    RichText,
    User,
)
from steps.notion.values import DateRange, File, Person, Place, Relation

__all__ = [
    "Block",
    "Comment",
    "DataSource",
    "Database",
    "DateRange",
    "File",
    "FileUpload",
    "Filter",
    "Notion",
    "Page",
    "Parent",
    "Person",
    "Place",
    "Record",
    "Relation",
    "ResultPage",
    "Results",
    "RichText",
    "User",
]
