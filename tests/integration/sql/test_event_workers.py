"""Workers side by side, and workers that die."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values
from tests.integration.sql.happenings import process, subscribe

# Every call takes its time, and leaves a row.
_HANDLER = """
    CREATE SCHEMA probe;
    GRANT USAGE ON SCHEMA probe TO PUBLIC;
    CREATE TABLE probe.calls (event_id uuid);
    GRANT ALL ON probe.calls TO PUBLIC;
    CREATE FUNCTION probe.note(uuid, timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO probe.calls VALUES ($1);
        PERFORM pg_sleep(random() * 0.002);
    END $$;
    INSERT INTO events.event_handlers (name, function_name)
    VALUES ('note', 'probe.note(uuid, timestamptz)')
"""
_THOUSAND = "SELECT events.record_event('custom', 'tick') FROM generate_series(1, 1000)"
_WORKER = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1]) as session:
    while True:
        with session.transaction():
            session.execute("SET LOCAL ROLE graph_sitter_app")
            session.execute("SELECT base.set_current_organization(%s)", (sys.argv[2],))
            session.execute("SELECT events.process_pending_events(10)")
            time.sleep(0.01)  # long enough to die here, too
"""


@pytest.fixture
def busy(own_connection: Connection, own_acting: Session) -> UUID:
    """An organization with a thousand events to process."""
    own_connection.execute(_HANDLER)
    organization = new_organization(own_acting)
    with own_acting(organization) as app:
        subscribe(app, delivery_method="webhook")
        app.execute(_THOUSAND)
    return organization


def test_eight_workers_process_each_of_a_thousand_events_once(
    installed_database: str, own_connection: Connection, busy: UUID
) -> None:
    def work(_: int) -> int:
        done = 0
        with psycopg.connect(installed_database, autocommit=True) as session:
            session.execute("SET ROLE graph_sitter_app")
            session.execute("SELECT base.set_current_organization(%s, p_local => false)", (busy,))
            while count := process(session, 10):
                done += count
        return done

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(work, range(8)))
    assert sum(done) == 1000
    assert min(done) > 0
    _each_once(own_connection)


def test_workers_that_are_killed_lose_no_event_and_double_none(
    installed_database: str, own_connection: Connection, busy: UUID
) -> None:
    chance = random.Random(7)
    command = [sys.executable, "-c", _WORKER, installed_database, str(busy)]
    killed = 0
    workers = [subprocess.Popen(command) for _ in range(3)]
    try:
        deadline = time.monotonic() + 120
        while _open(own_connection) and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.05, 0.3))
            victim = chance.randrange(len(workers))
            if killed < 8 and _open(own_connection) < 1000:
                os.kill(workers[victim].pid, signal.SIGKILL)
                workers[victim].wait()
                killed += 1
                workers[victim] = subprocess.Popen(command)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert killed >= 3
    _each_once(own_connection)


def test_senders_side_by_side_claim_each_delivery_once(
    installed_database: str, own_connection: Connection, busy: UUID
) -> None:
    with psycopg.connect(installed_database, autocommit=True) as session:
        session.execute("SET ROLE graph_sitter_maintenance")
        assert process(session, 1000) == 1000

    def send(_: int) -> list[int]:
        claimed: list[int] = []
        with psycopg.connect(installed_database, autocommit=True) as session:
            session.execute("SET ROLE graph_sitter_app")
            session.execute("SELECT base.set_current_organization(%s, p_local => false)", (busy,))
            while ids := values(session, _CLAIM):
                claimed += ids
        return claimed

    with ThreadPoolExecutor(4) as pool:
        claimed = [each for ids in pool.map(send, range(4)) for each in ids]
    assert len(claimed) == len(set(claimed)) == 1000


_CLAIM = "SELECT id FROM events.claim_event_deliveries('webhook', 20)"


def _open(connection: Connection) -> int:
    return int(value(connection, "SELECT count(*) FROM events.events WHERE status <> 'processed'"))


def _each_once(connection: Connection) -> None:
    assert _open(connection) == 0
    for table in ("probe.calls", "events.event_deliveries"):
        counts = f"SELECT count(*), count(DISTINCT event_id) FROM {table}"
        assert connection.execute(counts).fetchone() == (1000, 1000), table
