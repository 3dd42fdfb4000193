"""Tables of all paces under changing lag: what is served because nobody has written it since is
never older than what anyone, anywhere, was told before the read began."""

import concurrent.futures
import contextlib
import random
import threading
import time

import psycopg
import pytest

from harness.gateway import route

pytestmark = [pytest.mark.gateway, pytest.mark.seconds(180)]

SESSIONS = 12
SECONDS = 10
# Of so many writes, one goes to the table.
PACES = {"hot": 1, "warm": 20, "calm": 200}
QUIET = "nobody has written these tables since"


class Known:
    """What anyone has been told of each table; its row's value only ever grows."""

    def __init__(self):
        self._lock = threading.Lock()
        self._values = dict.fromkeys(PACES, 0)

    def of(self, table):
        with self._lock:
            return self._values[table]

    def learn(self, table, value):
        with self._lock:
            self._values[table] = max(value, self._values[table])


@pytest.fixture
def shaken(cluster):
    """One standby 100 ms behind, the other paused and resumed all the time."""
    for table in PACES:
        cluster.sql(f"CREATE TABLE {table} (v int); INSERT INTO {table} VALUES (0)")
    cluster.wait_until_caught_up()
    late, moody = cluster.standbys
    late.set(recovery_min_apply_delay="100ms")
    stop = threading.Event()

    def pause_and_resume():
        while not stop.wait(0.3):
            moody.pause_replay()
            stop.wait(0.3)
            moody.resume_replay()

    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        shaking = worker.submit(pause_and_resume)
        try:
            yield cluster
        finally:
            stop.set()
            shaking.result()
            moody.resume_replay()


def write(connection, known, dice):
    number = dice.random()
    table = next(table for table in reversed(PACES) if number < 1 / PACES[table])
    with contextlib.suppress(psycopg.errors.SerializationFailure):
        with connection.transaction(force_rollback=dice.random() < 0.1) as transaction:
            value = connection.execute(
                f"UPDATE {table} SET v = v + 1 RETURNING v").fetchone()[0]
        if not transaction.force_rollback:
            known.learn(table, value)


def read(connection, known, table, counts):
    before = known.of(table)
    try:
        value = connection.execute(f"SELECT v FROM {table}").fetchone()[0]
    except psycopg.errors.SerializationFailure:
        return
    where = route(connection).text
    if value < before:
        counts["older"].append(f"{table}: {value} after {before}, {where}")
    counts["reads"] += 1
    counts["quiet"] += QUIET in where
    counts["standby"] += "role=standby" in where
    known.learn(table, value)


def session(gateway, number, known, deadline):
    """Every read is strong, so that whatever anyone was told before counts."""
    dice = random.Random(number)
    counts = {"older": [], "reads": 0, "quiet": 0, "standby": 0}
    with contextlib.closing(gateway.connect()) as connection:
        while time.monotonic() < deadline:
            if dice.random() < 0.2:
                write(connection, known, dice)
            read(connection, known, dice.choice(list(PACES)), counts)
    return counts


def run(cluster, start_gateway, all_writes_here):
    gateway = start_gateway(cluster.nodes, {
        "consistency": {"all_writes_here": all_writes_here, "rules": [
            {"tables": "*", "read": "strong", "from": "standbys", "otherwise": "wait",
             "wait": "10s"}]}})
    gateway.wait_until_admitted(*cluster.standbys)
    known = Known()
    deadline = time.monotonic() + SECONDS
    with concurrent.futures.ThreadPoolExecutor(SESSIONS) as workers:
        work = [workers.submit(session, gateway, number, known, deadline)
                for number in range(SESSIONS)]
        return [future.result() for future in work]


def test_no_read_misses_what_anyone_was_told_before(shaken, start_gateway):
    counts = run(shaken, start_gateway, all_writes_here=True)
    total = {what: sum(one[what] for one in counts) for what in ("reads", "quiet", "standby")}
    print(total)
    assert [line for one in counts for line in one["older"]] == []
    assert total["reads"] > SESSIONS * 20
    assert total["quiet"] > total["reads"] / 20
