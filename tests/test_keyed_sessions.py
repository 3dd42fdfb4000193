"""Sessions by key: connections that SET tidemark.session to the same key are one session."""

import concurrent.futures
import random
import time

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import hanging_commit, paused, wait_until_floor
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"


def connect(gateway, key, **options):
    connection = gateway.connect(**options)
    connection.execute(f"SET tidemark.session = '{key}'")
    return connection


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def write_once(gateway, key, query):
    """On a connection that is closed at once."""
    with connect(gateway, key) as connection:
        connection.execute(query)


def read_once(gateway, key, query=READ):
    with connect(gateway, key) as connection:
        return read(connection, query)


def test_a_key_makes_connections_one_session(gateway, cluster, table):
    with connect(gateway, "user:42") as one, connect(gateway, "user:42") as two, \
            connect(gateway, "user:43") as another, gateway.connect() as none:
        with paused(*cluster.standbys):
            for number in range(1, 4):
                one.execute(f"UPDATE t SET v = {number} WHERE k = 1")
                assert read(two) == number
                assert route(two).role == "primary"
            assert read(another) == 0
            assert read(none) == 0

        def returns_to_the_standbys():
            assert read(two) == 3
            return route(two).role == "standby"

        wait_for(returns_to_the_standbys, "a standby to serve the session again")


def test_a_key_outlives_its_connections(gateway, cluster, table):
    with paused(*cluster.standbys):
        write_once(gateway, "user:42", "UPDATE t SET v = 1 WHERE k = 1")
        assert read_once(gateway, "user:42") == 1
        assert read_once(gateway, "user:43") == 0
        write_once(gateway, "user:43", "BEGIN; UPDATE t SET v = 1 WHERE k = 2; COMMIT")
        assert read_once(gateway, "user:43", "SELECT v FROM t WHERE k = 2") == 1


def test_what_one_connection_has_read_another_does_not_go_back_behind(gateway, cluster, table):
    lacking, having = cluster.standbys
    with paused(lacking):
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        having.wait_until_it_covers(cluster.sql("SELECT pg_current_wal_flush_lsn()::text"))
        with wait_for(lambda: reader_on(gateway, having), "a session on that standby"):
            having.stop("fast")
            left_out = f"event=node_not_admitted node={having.address}"
            wait_for(lambda: left_out in gateway.log_text(), "the standby to be left out")
            for _ in range(3):
                assert read_once(gateway, "user:42") == 1
            assert read_once(gateway, "user:43") == 0


def reader_on(gateway, standby):
    """A connection of user:42 that has read on this standby, or None; others had no key."""
    connection = gateway.connect(level="eventual")
    connection.execute("SELECT 1 FROM t")
    if route(connection).node != standby.address:
        return connection.close()
    connection.execute("RESET tidemark.level")
    connection.execute("SET tidemark.session = 'user:42'")
    assert read(connection) == 1 and route(connection).node == standby.address
    return connection


def test_the_key_comes_with_the_startup_packet(gateway, cluster, table):
    with gateway.connect(options="-c tidemark.session=user:42") as one, paused(*cluster.standbys):
        assert one.execute("SHOW tidemark.session").fetchone() == ("user:42",)
        one.execute("UPDATE t SET v = 1 WHERE k = 1")
        assert read_once(gateway, "user:42") == 1


def test_the_key_is_a_setting_like_any_other(gateway, table):
    with gateway.connect() as connection:
        assert connection.execute("SHOW tidemark.session").fetchone() == ("",)
        connection.execute("SET tidemark.session = 'user:42'")
        assert connection.execute("SHOW tidemark.session").fetchone() == ("user:42",)
        for statement in ["BEGIN", "SET tidemark.session = 'user:43'", "ROLLBACK"]:
            connection.execute(statement)
        assert connection.execute("SHOW tidemark.session").fetchone() == ("user:42",)
        connection.execute("RESET tidemark.session")
        assert connection.execute("SHOW tidemark.session").fetchone() == ("",)
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            connection.execute(f"SET tidemark.session = '{'x' * 300}'")
        assert read(connection) == 0


def test_a_client_takes_along_what_it_did_before_it_had_a_key(gateway, cluster, table):
    with gateway.connect() as connection, paused(*cluster.standbys):
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        connection.execute("SET tidemark.session = 'user:42'")
        assert read(connection) == 1
        connection.execute("RESET tidemark.session")
        assert read(connection) == 1


def test_a_gateway_that_starts_anew_knows_no_key_and_shows_nobody_less(
        gateway, cluster, table):
    with paused(*cluster.standbys):
        write_once(gateway, "user:42", "UPDATE t SET v = 1 WHERE k = 1")
        assert gateway.stop() == 0
        gateway.start()

        def reads():
            return read_once(gateway, "user:42") == 1

        assert wait_for(reads, "a read", ignore=psycopg.errors.CannotConnectNow)
        # Who has no key knows nothing of before, and is served by a standby.
        assert gateway.sql(READ) == 0
        for _ in range(5):
            assert read_once(gateway, "user:42") == 1


def test_a_key_needs_no_standby(cluster, table, start_gateway):
    """There is none whose samples could tell what the primary shows."""
    gateway = start_gateway([cluster.primary])
    with connect(gateway, "user:42") as connection:
        assert wait_for(lambda: read(connection) == 0, "the first read",
                        ignore=psycopg.errors.CannotConnectNow)
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
    assert read_once(gateway, "user:42") == 1


def test_where_there_is_no_room_sessions_are_told_or_get_more_than_they_need(
        cluster, table, start_gateway):
    gateway = start_gateway(cluster.nodes, {"consistency": {"max_sessions": 3}})
    gateway.wait_until_admitted(*cluster.standbys)
    with paused(*cluster.standbys):
        written = []
        for row in range(1, 11):
            try:
                write_once(gateway, f"user:{row}", f"UPDATE t SET v = 1 WHERE k = {row}")
                written.append(row)
            except psycopg.errors.ConfigurationLimitExceeded as error:
                assert error.diag.message_hint
        assert len(written) >= 3
        for row in written:
            try:
                value = read_once(gateway, f"user:{row}", f"SELECT v FROM t WHERE k = {row}")
            except psycopg.errors.ConfigurationLimitExceeded:
                continue
            assert value == 1


def test_p8_a_commit_of_unknown_outcome_counts_for_the_key(gateway, cluster, table):
    """Its connection is gone; the session is not."""
    connection = connect(gateway, "user:42")
    with paused(*cluster.standbys):
        hanging = hanging_commit(cluster, connection, "UPDATE t SET v = 1 WHERE k = 1")
        with hanging as (commit, pid):
            cluster.primary.sql("SELECT pg_terminate_backend(%s)", pid)
            with pytest.raises(psycopg.OperationalError):
                commit.result(10)
        assert cluster.sql(READ) == 1
        assert read_once(gateway, "user:42") == 1
    connection.close()


def test_p1_the_barrier_holds_for_every_connection_of_the_key(gateway, cluster, table):
    strong = "/* tidemark.level='strong' */ " + READ
    with gateway.connect() as writer, connect(gateway, "user:42") as reader, \
            connect(gateway, "user:42") as other, connect(gateway, "user:43") as stranger:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(reader) == 1, "a standby to show the commit")
            with pytest.raises(psycopg.errors.SerializationFailure):
                read(other, strong)
            assert read(stranger, strong) == 0
        commit.result(10)
        assert wait_for(lambda: read(other, strong), "the barrier to open",
                        ignore=psycopg.errors.SerializationFailure) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_many_keys_on_many_connections_never_go_back(cluster, table, start_gateway, workers):
    """Every statement on a connection of its own, standbys late by different times."""
    gateway = start_gateway(cluster.nodes, {"net": {"workers": workers}})
    gateway.wait_until_admitted(*cluster.standbys)
    late, later = cluster.standbys
    late.set(recovery_min_apply_delay="10ms")
    later.set(recovery_min_apply_delay="60ms")
    deadline = time.monotonic() + 3

    def user(number):
        dice, known, older, served = random.Random(number), 0, [], {"primary": 0, "standby": 0}
        row, key = number + 1, f"user:{number}"
        while time.monotonic() < deadline:
            with connect(gateway, key) as connection:
                if dice.random() < 0.2:
                    connection.execute("UPDATE t SET v = v + 1 WHERE k = %s", (row,))
                    known += 1
                else:
                    value = read(connection, f"SELECT v FROM t WHERE k = {row}")
                    served[route(connection).role] += 1
                    if value != known:
                        older.append((value, known))
        return older, served

    with concurrent.futures.ThreadPoolExecutor(6) as workers:
        results = list(workers.map(user, range(6)))
    assert [older for older, _ in results if older] == []
    assert sum(served["standby"] for _, served in results) > 20


@pytest.fixture
def failing_over(fresh_cluster, start_gateway):
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int);"
                      "INSERT INTO t SELECT k, 0 FROM generate_series(1, 10) k")
    fresh_cluster.wait_until_caught_up()
    return start_gateway(fresh_cluster.nodes).wait_until_admitted(*fresh_cluster.standbys)


def test_f1_a_key_is_told_once_of_writes_that_a_failover_lost(failing_over, fresh_cluster):
    gateway = failing_over
    primary, standby, other = fresh_cluster.nodes
    other.kill9()
    standby.cut_upstream()
    with connect(gateway, "user:42") as connection:
        connection.execute("UPDATE t SET v = 5 WHERE k = 1")
        wait_until_floor(connection, READ, primary.lsn())
    primary.kill9()
    fresh_cluster.fail_over_to(standby)
    wait_for(lambda: (gateway.sql("UPDATE t SET v = 1 WHERE k = 2"), True)[1], "the new primary",
             20, ignore=psycopg.Error)

    def told():
        try:
            return f"read {read_once(gateway, 'user:42')}"
        except (psycopg.errors.CannotConnectNow, psycopg.errors.SerializationFailure):
            return None
        except psycopg.Error as error:
            return error.sqlstate

    assert wait_for(told, "an answer") == "TM001"
    assert read_once(gateway, "user:42") == 0
