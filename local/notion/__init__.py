from __future__ import annotations

from local.notion.app import StandIn, create_app
from local.notion.seed import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID
from local.notion.workspace import Workspace

__all__ = ["HOME_PAGE_ID", "ORDERS_DATABASE_ID", "ORDERS_DATA_SOURCE_ID", "StandIn", "Workspace", "create_app"]
