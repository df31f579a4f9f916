from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from local.notion import properties, rich_text, seed
from local.notion.calls import Calls
from local.notion.chaos import Chaos, Latency
from local.notion.errors import Json, object_not_found, wrong_kind
from local.notion.faults import Faults
from local.notion.grants import Grants
from local.notion.objects import (
    Block,
    Bot,
    Comment,
    Database,
    DataSource,
    FileUpload,
    Item,
    Page,
    Parent,
    Person,
    Property,
    Space,
    new_id,
)
from local.notion.rates import Rates
from local.notion.webhooks import Webhooks

ItemT = TypeVar("ItemT", bound=Item)
QUERY_LIMIT = 10_000

_NAMES = uuid.UUID("3f1d2c9a-6f0e-4c53-9a43-0d6a1f0c7b11")


class Workspace:
    """Hold everything that the stand-in knows: people, grants, content, faults and the calls it had."""

    def __init__(
        self,
        client_id: str = "local-client",
        client_secret: str = "local-secret",  # noqa: S107 - it opens nothing but the stand-in
        token_prefix: str = "ntn_",  # noqa: S107 - a prefix, not a token
        redirect_uris: tuple[str, ...] | None = None,
        *,
        query_limit: int = QUERY_LIMIT,
        replay_revokes: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ticks: Callable[[], float] = time.monotonic,
        webhook_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uris = redirect_uris
        self.query_limit = query_limit
        self.clock = clock
        self.integration_id = self.name_id("integration", client_id)
        self.grants = Grants(token_prefix, lambda: self.clock(), replay_revokes=replay_revokes)
        self.faults = Faults()
        self.rates = Rates(ticks)
        self.ticks = ticks
        self.lag = 0.0
        self.chaos = Chaos()
        self.latency = Latency()
        self.calls = Calls()
        self.webhooks = Webhooks(self, webhook_transport)
        self.items: dict[str, Item] = {}
        self.uploads: dict[str, FileUpload] = {}
        self.top: dict[str, list[str]] = {}
        self.people: dict[str, Person] = {}
        self.bots: dict[str, Bot] = {}
        self.cursors: dict[str, tuple[str, str]] = {}
        self.default_person = self.person()

    @staticmethod
    def name_id(*names: str) -> str:
        """Return the id that always belongs to a name, so that a restart keeps it."""
        return str(uuid.uuid5(_NAMES, "/".join(names)))

    # --- people and their bots

    def person(self, name: str = seed.PERSON, workspace: str = seed.WORKSPACE) -> Person:
        """Return the person of that name in that Notion workspace; either is made when it is new."""
        space = Space(self.name_id("space", workspace), workspace)
        id = self.name_id("person", workspace, name)
        if id not in self.people:
            self.people[id] = Person(id, name, space)
        if space.id not in self.top:
            self.top[space.id] = []
            seed.fill(self, self.people[id], main=workspace == seed.WORKSPACE)
        return self.people[id]

    def bot(self, person: Person) -> Bot:
        """Return the bot of a person, the same one at every authorization."""
        id = self.name_id("bot", self.client_id, person.id)
        return self.bots.setdefault(id, Bot(id, person))

    def user(self, space: str, id: str) -> Person | Bot | None:
        """Return a person or bot of a Notion workspace."""
        found = self.people.get(id) or self.bots.get(id)
        if found is None:
            return None
        owner = found if isinstance(found, Person) else found.person
        return found if owner.space.id == space else None

    def connect(self, name: str = seed.PERSON, workspace: str = seed.WORKSPACE) -> str:
        """Return an access token for everything that the person has, without the OAuth pages."""
        bot = self.bot(self.person(name, workspace))
        bot.shared = set(self.top[bot.space])
        return self.grants.issue(bot).access_token

    # --- content

    def add(self, item: ItemT) -> ItemT:
        """Keep a new object and enter it where it belongs."""
        self.items[item.id] = item
        holder = self.items.get(item.parent.id)
        if item.parent.kind == "workspace" and not isinstance(item, Comment):
            self.top[item.space].append(item.id)
        elif isinstance(holder, DataSource):
            holder.rows.append(item.id)
        elif isinstance(holder, Database):
            holder.data_sources.append(item.id)
        elif isinstance(holder, Page | Block) and not isinstance(item, Comment):
            holder.children.append(item.id)
        return item

    def stamps(self, space: str, author: str, parent: Parent, id: str | None = None) -> dict[str, Any]:
        """Return what every new object starts with."""
        now = self.clock()
        times = {"created_at": now, "edited_at": now}
        authors = {"created_by": author, "last_edited_by": author}
        made = {"made": self.ticks()} if self.lag else {}
        return {"id": id or new_id(), "space": space, "parent": parent, **times, **authors, **made}

    def touch(self, item: Item, bot: Bot) -> None:
        """Note who changed an object last, and when."""
        item.edited_at = self.clock()
        item.last_edited_by = bot.id

    def add_database(self, owner: Person, title: str, sources: dict[str, dict[str, Property]]) -> Database:
        """Add a database at the top of a workspace, with a data source for each name in `sources`."""
        stamps = self.stamps(owner.space.id, owner.id, Parent("workspace"))
        database = self.add(Database(**stamps, title=[rich_text.text(title)]))
        for name, columns in sources.items():
            self.add_data_source(database, owner.id, [rich_text.text(name)], columns)
        return database

    def add_data_source(
        self, database: Database, author: str, title: list[Json], columns: dict[str, Property], id: str | None = None
    ) -> DataSource:
        """Add a data source to a database."""
        stamps = self.stamps(database.space, author, Parent("database", database.id), id)
        return self.add(DataSource(**stamps, title=title, properties=columns))

    def add_row(self, source: DataSource, author: str, values: dict[str, Any]) -> Page:
        """Add a row to a data source."""
        source.counter += 1
        numbers = {prop.id: source.counter for prop in source.properties.values() if prop.type == "unique_id"}
        stamps = self.stamps(source.space, author, Parent("data_source", source.id))
        return self.add(Page(**stamps, values={**values, **numbers}))

    def parse_columns(self, given: Json, path: str) -> dict[str, Property]:
        """Return the schema that a request describes, or refuse."""
        return {name: properties.parse(name, config, f"{path}.{name}") for name, config in given.items()}

    # --- who sees what

    def sees(self, bot: Bot, item: Item) -> bool:
        """Say whether an object, or what holds it, is shared with the bot."""
        if item.space != bot.space:
            return False
        walk: Item | None = item
        while walk is not None:
            if walk.id in bot.hidden:
                return False
            if walk.id in bot.shared:
                return True
            walk = self.items.get(walk.parent.id)
        return False

    def trashed(self, item: Item | None) -> bool:
        """Say whether an object, or what holds it, is in the trash."""
        while item is not None:
            if item.in_trash:
                return True
            item = self.items.get(item.parent.id)
        return False

    def listed(self, item: Item) -> bool:
        """Say whether a list finds an object by now: Notion promises no list that is as fresh as the last write."""
        return not self.lag or self.ticks() >= item.made + self.lag

    def find(self, bot: Bot, kind: type[ItemT], id: str) -> ItemT:
        """Return an object that the bot sees, or refuse."""
        item = self.items.get(id)
        if item is None or not self.sees(bot, item):
            raise object_not_found(kind.kind, id, self.integration_id)
        if isinstance(item, kind):
            return item
        if isinstance(item, Page | Database) and kind in (Page, Database):
            raise wrong_kind(id, item.kind, kind.kind)
        raise object_not_found(kind.kind, id, self.integration_id)

    def find_block(self, bot: Bot, id: str) -> Page | Block | Database:
        """Return a block, or the page or database that is one where it stands, or refuse."""
        item = self.items.get(id)
        if isinstance(item, Page | Block | Database) and self.sees(bot, item):
            return item
        raise object_not_found("block", id, self.integration_id)

    def source_of(self, database: Database) -> list[DataSource]:
        """Return a database's data sources that are not in the trash."""
        found = [self.items[id] for id in database.data_sources]
        return [each for each in found if isinstance(each, DataSource) and not each.in_trash]
