"""What each level promises, and what it does not, on standbys that lag."""

import time

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"
WITH_WRITES = ["read_your_writes", "session", "causal", "strong"]
WITH_READS = ["monotonic_reads", "session", "causal", "strong"]


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def read_with_role(connection, query=READ):
    return read(connection, query), route(connection).role


@pytest.mark.parametrize("level", WITH_WRITES)
def test_who_minds_its_writes_reads_them(gateway, cluster, table, level):
    with paused(*cluster.standbys), gateway.connect(level=level) as connection:
        for number in range(1, 4):
            connection.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            assert read(connection) == number


@pytest.mark.parametrize("level", ["eventual", "bounded(1h)"])
def test_who_does_not_is_served_by_a_standby_that_lacks_them(gateway, cluster, table, level):
    with paused(*cluster.standbys), gateway.connect(level=level) as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        assert read_with_role(connection) == (0, "standby")
        # Nothing was forgotten: it is the read that is promised more now.
        connection.execute("SET tidemark.level = 'session'")
        assert read_with_role(connection) == (1, "primary")


@pytest.fixture
def reader_of_newer(gateway, cluster, table):
    """A function: a session at a level that has read what one of the standbys lacks.

    Of the two standbys the one that has it is gone by then, so the next read is served by the one
    that lacks it, or by the primary.
    """
    lacking, having = cluster.standbys
    connections = []

    def connected(level):
        def attempt():
            connections.append(gateway.connect(level=level))
            return read(connections[-1]) == 1 and route(connections[-1]).node == having.address

        wait_for(attempt, "a session to be served by the standby that has it")
        return connections[-1]

    def reader(level):
        connection = connected(level)
        having.stop("fast")
        left_out = f"event=node_not_admitted node={having.address}"
        wait_for(lambda: left_out in gateway.log_text(), "the standby to be left out")
        return connection

    with paused(lacking):
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        having.wait_until_it_covers(cluster.sql("SELECT pg_current_wal_flush_lsn()::text"))
        yield reader
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("level", ["monotonic_reads", "session", "causal"])
def test_who_minds_its_reads_never_goes_back(reader_of_newer, level):
    connection = reader_of_newer(level)
    for _ in range(5):
        assert read_with_role(connection) == (1, "primary")


@pytest.mark.parametrize("level", ["eventual", "read_your_writes"])
def test_who_does_not_may_go_back(reader_of_newer, level):
    assert read_with_role(reader_of_newer(level)) == (0, "standby")


def test_a_level_asked_for_later_minds_what_was_read_before(reader_of_newer):
    connection = reader_of_newer("eventual")
    assert read(connection) == 0
    connection.execute("SET tidemark.level = 'monotonic_reads'")
    assert read_with_role(connection) == (1, "primary")


@pytest.mark.parametrize("level", ["session", "causal"])
def test_sessions_are_not_promised_what_others_wrote(gateway, cluster, table, level):
    with paused(*cluster.standbys), gateway.connect(level=level) as connection:
        assert read(connection) == 0
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        assert read_with_role(connection) == (0, "standby")
        connection.execute("SET tidemark.level = 'strong'")
        assert read_with_role(connection) == (1, "primary")


def test_strong_reads_see_what_anyone_committed_before(gateway, cluster, table):
    with gateway.connect(level="strong") as connection:
        for number in range(1, 30):
            cluster.sql(f"UPDATE t SET v = {number} WHERE k = 1")
            assert read(connection) == number


# --- bounded -----------------------------------------------------------------------------------


def test_bounded_reads_miss_nothing_that_is_older(gateway, cluster, table):
    """The standbys are late by more than one bound and by less than the other."""
    for standby in cluster.standbys:
        standby.set(recovery_min_apply_delay="400ms")
    committed = []
    near, far = gateway.connect(level="bounded(100ms)"), gateway.connect(level="bounded(5s)")
    roles = {near: [], far: []}
    end = time.monotonic() + 3
    while time.monotonic() < end:
        cluster.sql(f"UPDATE t SET v = {len(committed) + 1} WHERE k = 1")
        committed.append(time.monotonic())
        for connection, bound in ((near, 0.1), (far, 5.0)):
            began = time.monotonic()
            value, role = read_with_role(connection)
            assert value >= sum(1 for at in committed if at <= began - bound)
            roles[connection].append(role)
    for connection in (near, far):
        connection.close()
    assert roles[far].count("standby") > 0.9 * len(roles[far])
    assert roles[near].count("primary") > 0.5 * len(roles[near])


def test_bounded_reads_may_miss_what_is_younger(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect(level="bounded(1h)") as connection:
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        assert read_with_role(connection) == (0, "standby")


def test_a_bound_that_cannot_be_shown_is_not_claimed(gateway, cluster, table):
    """Without a primary nobody knows, after a while, what the standbys lack."""
    with gateway.connect(level="bounded(300ms)") as bounded, \
            gateway.connect(level="eventual") as eventual:
        assert read(bounded) == 0
        cluster.primary.kill9()

        def is_refused():
            try:
                return read(bounded) != 0
            except psycopg.errors.CannotConnectNow as error:
                return error.diag.message_hint

        wait_for(is_refused, "the bound to be out of sight")
        for _ in range(5):
            with pytest.raises(psycopg.errors.CannotConnectNow):
                read(bounded)
            assert read_with_role(eventual) == (0, "standby")
        cluster.primary.start()
        assert wait_for(lambda: read_with_role(bounded) == (0, "standby"),
                        "the bound to be seen again", ignore=psycopg.Error)


def test_a_bound_is_a_duration(gateway, table):
    with gateway.connect() as connection:
        for written in ("bounded(2s)", "BOUNDED( 1500ms )", "bounded(0.5s)", "bounded(0)"):
            connection.execute(f"SET tidemark.level = '{written}'")
            assert read(connection) == 0
            assert route(connection).level.startswith("bounded(")
        for wrong in ("bounded", "bounded()", "bounded(-1s)", "bounded(2 parsecs)", "bounded(2s"):
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                connection.execute(f"SET tidemark.level = '{wrong}'")


# --- in transactions ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", WITH_WRITES)
def test_a_read_only_transaction_is_promised_as_much(gateway, cluster, table, level):
    with paused(*cluster.standbys), gateway.connect(level=level) as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        connection.execute("BEGIN READ ONLY")
        assert read(connection) == 1
        connection.execute("COMMIT")
        connection.execute("BEGIN READ ONLY")
        connection.execute("SET LOCAL tidemark.level = 'eventual'")
        assert read(connection) == 0
        connection.execute("COMMIT")
        assert read(connection) == 1


def test_a_savepoint_takes_back_the_level_that_was_set_behind_it(gateway, table):
    with gateway.connect(level="session") as connection:
        for number in range(2):
            connection.execute("BEGIN")
            connection.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            for command in ("SET", "SET LOCAL"):
                connection.execute("SAVEPOINT a")
                connection.execute(f"{command} tidemark.level = 'eventual'")
                connection.execute("SAVEPOINT b")
                with pytest.raises(psycopg.errors.DivisionByZero):
                    connection.execute("SELECT 1 / 0")
                connection.execute("ROLLBACK TO b")
                assert read(connection, "SHOW tidemark.level") == "eventual"
                connection.execute("ROLLBACK TO a")
                assert read(connection, "SHOW tidemark.level") == "session"
            connection.execute("COMMIT")
            assert read(connection, "SHOW tidemark.level") == "session"
