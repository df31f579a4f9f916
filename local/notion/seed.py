from __future__ import annotations

from typing import TYPE_CHECKING

from local.notion import properties, rich_text
from local.notion.errors import Json
from local.notion.objects import Database, Page, Parent, Person, Property

if TYPE_CHECKING:
    from local.notion.workspace import Workspace

PERSON = "Ada Palmer"
WORKSPACE = "Corner Shop"

ORDERS_DATABASE_ID = "0a7d5e10-0000-4000-8000-00000000da7a"
ORDERS_DATA_SOURCE_ID = "0a7d5e10-0000-4000-8000-0000000050ce"
HOME_PAGE_ID = "0a7d5e10-0000-4000-8000-000000000a9e"


def fill(workspace: Workspace, owner: Person, *, main: bool) -> None:
    """Put a Home page and an Orders database into a new Notion workspace; the main one's ids are fixed."""
    space = owner.space.id
    home_id, database_id, source_id = (
        (HOME_PAGE_ID, ORDERS_DATABASE_ID, ORDERS_DATA_SOURCE_ID)
        if main
        else (workspace.name_id(kind, space) for kind in ("home", "orders", "orders source"))
    )
    top = Parent("workspace")
    workspace.add(Page(**workspace.stamps(space, owner.id, top, home_id), values={"title": [rich_text.text("Home")]}))
    stamps = workspace.stamps(space, owner.id, top, database_id)
    database = workspace.add(Database(**stamps, title=[rich_text.text("Orders")]))
    workspace.add_data_source(database, owner.id, [rich_text.text("Orders")], orders(), source_id)


def orders() -> dict[str, Property]:
    """Return the schema of the Orders database."""
    configs: dict[str, Json] = {
        "Name": {"title": {}},
        "Total": {"number": {"format": "number"}},
        "Currency": {"rich_text": {}},
        "Placed": {"date": {}},
        "Status": {"status": {"options": [{"name": "Open"}, {"name": "Paid"}, {"name": "Shipped"}]}},
        "Tags": {"multi_select": {"options": [{"name": "gift"}]}},
        "Email": {"email": {}},
        "Paid": {"checkbox": {}},
        "Order URL": {"url": {}},
        "Created": {"created_time": {}},
        "Summary": {"formula": {"expression": 'prop("Name") + ": " + prop("Total") + " " + prop("Currency")'}},
    }
    return {name: properties.parse(name, config, name) for name, config in configs.items()}
