"""What tests do with events, as an organization's session."""

from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, value


def record(app: Connection, source: str = "github", type_: str = "push", **given: Any) -> UUID:
    given = {name: Jsonb(each) if isinstance(each, dict) else each for name, each in given.items()}
    extra = "".join(f", p_{name} => %s" for name in given)
    statement = f"SELECT events.record_event(%s, %s{extra})"
    return UUID(str(value(app, statement, source, type_, *given.values())))


def subscribe(app: Connection, **columns: object) -> UUID:
    columns = {"name": uuid4().hex, "delivery_method": "webhook", **columns}
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO events.event_subscriptions ({', '.join(columns)}) VALUES ({marks})"
    return UUID(str(value(app, statement + " RETURNING id", *columns.values())))


def process(app: Connection, limit: int = 100) -> int:
    return int(value(app, "SELECT events.process_pending_events(%s)", limit))
