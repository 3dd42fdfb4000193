"""The primary is a node like the others: anomalies P1 to P9 on real clusters."""

import concurrent.futures
import time

import psycopg
import pytest

from harness import process, wait_for
from harness.anomaly import frozen, hanging_commit, paused, wait_until_floor
from harness.gateway import route
from harness.node import BINARIES

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"
STRONG_READ = "/* tidemark.level='strong' */ SELECT v FROM t WHERE k = 1"


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def refused_or(connection, query):
    """What the query reads, or None if the gateway asks to try again (40001)."""
    try:
        return read(connection, query)
    except psycopg.errors.SerializationFailure:
        return None


def test_p1_a_session_that_saw_a_hanging_commit_does_not_go_back(gateway, cluster, table):
    with gateway.connect() as writer, gateway.connect() as reader:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(reader) == 1, "a standby to show the commit")
            assert route(reader).role == "standby"
            assert refused_or(reader, STRONG_READ) is None
            for _ in range(5):
                assert read(reader) == 1
            with pytest.raises(psycopg.errors.SerializationFailure) as raised:
                reader.execute("UPDATE t SET v = v + 10 WHERE k = 2")
            assert raised.value.diag.message_hint
            assert not commit.done()
        commit.result(10)
        assert read(reader, STRONG_READ) == 1
        assert reader.execute("UPDATE t SET v = v + 10 WHERE k = 2").rowcount == 1


@pytest.mark.parametrize("carried", ["key", "token"])
def test_p1_a_pinned_connection_does_not_go_behind_what_its_session_has_read(
        gateway, cluster, table, carried):
    """It has its place on the primary; another connection of the session has read a standby."""
    with gateway.connect() as writer, gateway.connect() as pinned, gateway.connect() as reader:
        pinned.execute("LISTEN tide")
        if carried == "key":
            for connection in (pinned, reader):
                connection.execute("SET tidemark.session = 'pinned'")
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(reader) == 1, "a standby to show the commit")
            if carried == "token":
                token = reader.execute("SHOW tidemark.token").fetchone()[0]
                pinned.execute(f"SET tidemark.token = '{token}'")
            assert refused_or(pinned, READ) is None
            with pytest.raises(psycopg.errors.SerializationFailure):
                pinned.execute("UPDATE t SET v = v + 10 WHERE k = 2")
            assert not commit.done()
        commit.result(10)
        assert wait_for(lambda: refused_or(pinned, READ), "the barrier to open") == 1
        assert route(pinned).role == "primary"
        assert pinned.execute("UPDATE t SET v = v + 10 WHERE k = 2").rowcount == 1


def test_p1_a_session_without_memory_is_not_held_up(gateway, cluster, table):
    with gateway.connect() as writer, gateway.connect() as reader:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            assert read(reader, STRONG_READ) == 0
            assert reader.execute("SELECT v FROM t WHERE k = 2").fetchone() == (0,)
        commit.result(10)


def test_p1_eventual_has_no_barrier(gateway, cluster, table):
    with gateway.connect() as writer, gateway.connect(level="eventual") as reader:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(reader) == 1, "a standby to show the commit")
            read(reader)
        commit.result(10)


def test_p1_the_barrier_opens_as_soon_as_the_primary_shows_it(gateway, cluster, table):
    with gateway.connect() as writer, gateway.connect() as reader:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(reader) == 1, "a standby to show the commit")
        commit.result(10)
        assert wait_for(lambda: refused_or(reader, STRONG_READ), "the barrier to open") == 1


def test_p2_the_two_tines_of_a_long_fork_are_never_seen_by_one_session(gateway, cluster, table):
    with gateway.connect() as writer, gateway.connect() as left, gateway.connect() as right:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: read(left) == 1, "a standby to show the commit")
            both = "SELECT v FROM t WHERE k IN (1, 2) ORDER BY k"
            with paused(*cluster.standbys):
                right.execute("BEGIN; SET LOCAL synchronous_commit = local;"
                              "UPDATE t SET v = 1 WHERE k = 2; COMMIT")
                assert right.execute(both).fetchall() == [(0,), (1,)]
                assert left.execute(both).fetchall() == [(1,), (0,)]
                assert refused_or(left, "/* tidemark.level='strong' */ " + both) is None
                assert left.execute(both).fetchall() == [(1,), (0,)]
        commit.result(10)
        for connection in (left, right):
            seen = wait_for(lambda c=connection: c.execute(both).fetchall(), "a read",
                            ignore=psycopg.errors.SerializationFailure)
            assert seen == [(1,), (1,)]


def pgbench_writers(cluster, folder, clients, seconds):
    """pgbench on the primary itself: `clients` that each commit as fast as they can."""
    script = folder / "writers.sql"
    script.write_text("\\set k random(1, 100)\nUPDATE t SET v = v + 1 WHERE k = :k;\n")
    return process.spawn(
        [BINARIES / "pgbench", "-n", "-f", script, "-c", clients, "-j", 1, "-T", seconds,
         "-h", "127.0.0.1", "-p", cluster.primary.port, "-U", "postgres", "app"],
        log=folder / "writers.log")


@pytest.mark.parametrize("writers", [1, 16])
def test_p3_a_read_on_the_primary_is_no_older_than_one_on_a_standby(
        gateway, cluster, table, tmp_path, writers):
    cluster.sql("INSERT INTO t SELECT k, 0 FROM generate_series(11, 100) k")
    cluster.wait_until_caught_up()
    load = pgbench_writers(cluster, tmp_path, writers, seconds=4)
    deadline = time.monotonic() + 3

    def pairs(number):
        counts = {"standby": 0, "primary": 0, "refused": 0}
        older = []
        with gateway.connect() as connection:
            while time.monotonic() < deadline:
                k = number * 10 + counts["standby"] % 10 + 1
                first = read(connection, f"SELECT v FROM t WHERE k = {k}")
                counts[route(connection).role] += 1
                then = refused_or(
                    connection, f"/* tidemark.level='strong' */ SELECT v FROM t WHERE k = {k}")
                counts["refused"] += then is None
                if then is not None and then < first:
                    older.append((k, first, then))
        return counts, older

    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        results = list(workers.map(pairs, range(8)))
    assert load.wait(20) == 0
    assert [older for _, older in results if older] == []
    on_standby = sum(counts["standby"] for counts, _ in results)
    refused = sum(counts["refused"] for counts, _ in results)
    assert on_standby > 50
    assert refused < on_standby / 10


def saw(connection, value):
    """Whether a standby has shown the session this value."""
    return read(connection) == value and route(connection).role == "standby"


def test_p4_a_long_write_transaction_does_not_keep_the_barrier_closed(gateway, cluster, table):
    """To a standby's snapshot it looks as if it were over: a standby lists none as running."""
    with cluster.primary.connect() as idler, gateway.connect() as reader:
        idler.execute("BEGIN; UPDATE t SET v = 9 WHERE k = 9")
        for number in range(1, 6):
            cluster.sql(f"UPDATE t SET v = {number} WHERE k = 1")
            wait_for(lambda n=number: saw(reader, n), "a standby to show the update")
            assert read(reader, STRONG_READ) == number
            assert reader.execute("UPDATE t SET v = v + 1 WHERE k = 2").rowcount == 1
        idler.execute("ROLLBACK")


def test_p4_a_long_write_transaction_does_not_open_it_either(gateway, cluster, table):
    with cluster.primary.connect() as idler, gateway.connect() as writer, \
            gateway.connect() as reader:
        idler.execute("BEGIN; UPDATE t SET v = 9 WHERE k = 9")
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: saw(reader, 1), "a standby to show the commit")
            assert refused_or(reader, STRONG_READ) is None
        commit.result(10)
        assert wait_for(lambda: refused_or(reader, STRONG_READ), "the barrier to open") == 1
        idler.execute("ROLLBACK")


def test_p4_the_barrier_outlives_the_standby_that_was_read(cluster, table, start_gateway):
    standby = cluster.standbys[0]
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    with gateway.connect() as writer, gateway.connect() as reader:
        with hanging_commit(cluster, writer, "UPDATE t SET v = 1 WHERE k = 1") as (commit, _):
            wait_for(lambda: saw(reader, 1), "the standby to show the commit")
            standby.kill9()
            for query in (STRONG_READ, READ):
                with pytest.raises(psycopg.errors.SerializationFailure):
                    read(reader, query)
        commit.result(10)
        assert wait_for(lambda: refused_or(reader, STRONG_READ), "the barrier to open") == 1
        assert read(reader) == 1


def test_p5_an_asynchronous_commit_is_read_by_its_session(gateway, cluster, table):
    with frozen(cluster.primary, "walwriter"), gateway.connect() as connection:
        connection.execute("SET synchronous_commit = off")
        for number in range(1, 60):
            connection.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            assert read(connection) == number


def test_p6_a_floor_above_the_flushed_log_is_reached_all_the_same(gateway, cluster, table):
    cluster.sql("CREATE TABLE u (n int)")
    cluster.wait_until_caught_up()
    idler = cluster.primary.connect()
    with frozen(cluster.primary, "walwriter"), idler, gateway.connect() as reader:
        idler.execute("BEGIN; INSERT INTO u VALUES (1)")
        ahead = "SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()"
        assert cluster.primary.sql(ahead)
        assert read(reader, STRONG_READ) == 0

        def reads_on_a_standby():
            read(reader)
            return route(reader).role == "standby"

        wait_for(reads_on_a_standby, "the session to return to the standbys", 5)
        idler.execute("ROLLBACK")


def test_p6_switching_the_log_does_not_keep_sessions_on_the_primary(gateway, cluster, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        connection.execute("SELECT pg_switch_wal()")

        def reads_on_a_standby():
            assert read(connection) == 1
            return route(connection).role == "standby"

        wait_for(reads_on_a_standby, "the session to return to the standbys", 5)


@pytest.mark.parametrize("known", [False, True], ids=["unsampled", "sampled"])
def test_p7_a_commit_that_a_crash_undid_is_not_passed_over_in_silence(
        fresh_cluster, start_gateway, known):
    cluster = fresh_cluster
    cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0)")
    cluster.wait_until_caught_up()
    # Who may not wait does not have the log flushed either.
    gateway = start_gateway(cluster.nodes, {"consistency": {"wait": "0"}})
    gateway.wait_until_admitted(*cluster.standbys)
    with gateway.connect() as writer:
        with frozen(cluster.primary, "walwriter"):
            writer.execute("SET synchronous_commit = off")
            writer.execute("UPDATE t SET v = 1 WHERE k = 1")
            written = cluster.primary.lsn()
            if known:
                wait_until_floor(writer, READ, written)
            cluster.primary.kill9()
        cluster.primary.start()
        assert cluster.sql(READ) == 0
        while not cluster.primary.sql("SELECT pg_current_wal_flush_lsn() > %s::pg_lsn", written):
            cluster.sql("UPDATE t SET v = v + 1 WHERE k = 2")
        cluster.wait_until_caught_up()
        gateway.wait_until_admitted(*cluster.standbys)
        wait_for(lambda: gateway.sql("/* tidemark.level='strong' */ " + READ) is not None,
                 "the gateway to find the primary again", ignore=psycopg.Error)
        with pytest.raises(psycopg.Error) as raised:
            read(writer)
        assert "lost" in str(raised.value)
        # Said once; the session goes on from what there is.
        assert read(writer) == 0


def test_p8_a_commit_of_unknown_outcome_counts_as_a_write(gateway, cluster, table):
    """The server's last words are a warning, 57P01; then the connection ends."""
    notices = []
    connection = gateway.connect()
    connection.add_notice_handler(lambda diag: notices.append(diag.sqlstate))
    with paused(*cluster.standbys):
        hanging = hanging_commit(cluster, connection, "UPDATE t SET v = 1 WHERE k = 1")
        with hanging as (commit, pid):
            cluster.primary.sql("SELECT pg_terminate_backend(%s)", pid)
            with pytest.raises(psycopg.OperationalError):
                commit.result(10)
        if not connection.closed:
            assert read(connection) == 1
            connection.close()
    assert notices == ["57P01"]
    assert cluster.sql(READ) == 1


def test_p8_a_cancelled_wait_warns_and_counts_as_a_write(gateway, cluster, table):
    notices = []
    with gateway.connect() as connection:
        connection.add_notice_handler(lambda diag: notices.append(diag.sqlstate))
        with paused(*cluster.standbys):
            hanging = hanging_commit(cluster, connection, "UPDATE t SET v = 1 WHERE k = 1")
            with hanging as (commit, _):
                connection.cancel()
                assert commit.result(10).rowcount == 1
            assert read(connection) == 1
    assert notices == ["01000"]


def test_p8_an_error_behind_a_commit_does_not_hide_it(gateway, cluster, table):
    """The message as a whole fails, and yet it has written."""
    with paused(*cluster.standbys), gateway.connect() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("BEGIN; UPDATE t SET v = 1 WHERE k = 1; COMMIT; SELECT 1 / 0")
        assert read(connection) == 1
        with pytest.raises(psycopg.errors.DivisionByZero), connection.pipeline() as pipeline:
            connection.execute("UPDATE t SET v = 2 WHERE k = 1")
            pipeline.sync()
            connection.execute("SELECT 1 / 0")
        assert read(connection) == 2


def test_p9_a_prepared_transaction_counts_for_who_commits_it(gateway, cluster, table):
    with gateway.connect() as preparer, gateway.connect() as committer:
        with paused(*cluster.standbys):
            for number in range(1, 6):
                preparer.execute("BEGIN")
                preparer.execute(f"UPDATE t SET v = {number} WHERE k = 1")
                preparer.execute("PREPARE TRANSACTION 'ebb'")
                assert read(preparer, STRONG_READ) == number - 1
                assert read(committer) == number - 1
                committer.execute("COMMIT PREPARED 'ebb'")
                assert read(committer) == number
        assert wait_for(lambda: saw(committer, 5), "the standbys to show it")
