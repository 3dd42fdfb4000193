"""What standbys do to their readers: anomalies S1 to S9 on real clusters."""

import time

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

READ = "SELECT v FROM t WHERE k = 1"


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def make_this_its_restart_point(cluster, standby):
    """A standby that restarts begins anew from here."""
    cluster.sql("CHECKPOINT")
    cluster.wait_until_caught_up()
    standby.sql("CHECKPOINT")


@pytest.mark.gateway
def test_s1_a_standby_that_restarts_in_the_past_serves_nobody_who_saw_more(
        cluster, table, start_gateway):
    standby = cluster.standbys[0]
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    with gateway.connect() as reader:
        make_this_its_restart_point(cluster, standby)
        for number in range(1, 20):
            cluster.sql(f"UPDATE t SET v = {number} WHERE k = 1")
        cluster.wait_until_caught_up()
        wait_for(lambda: read(reader) == 19 and route(reader).role == "standby",
                 "the standby to serve the newest row")
        standby.set(recovery_min_apply_delay="1h")
        standby.cut_upstream()
        standby.restart("immediate")
        assert standby.sql(READ, dbname="app") < 19
        gateway.wait_until_admitted(standby)
        for _ in range(50):
            assert read(reader) == 19
    with gateway.connect(level="eventual") as anyone:
        assert read(anyone) <= 19


@pytest.mark.gateway
def test_s1_without_a_primary_such_a_standby_refuses_who_saw_more(fresh_cluster, start_gateway):
    cluster = fresh_cluster
    standby = cluster.standbys[0]
    cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
    cluster.wait_until_caught_up()
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    with gateway.connect() as reader:
        make_this_its_restart_point(cluster, standby)
        cluster.sql("UPDATE t SET v = 19 WHERE k = 1")
        cluster.wait_until_caught_up()
        wait_for(lambda: read(reader) == 19 and route(reader).role == "standby",
                 "the standby to serve the newest row")
        standby.set(recovery_min_apply_delay="1h")
        cluster.primary.kill9()
        standby.restart("immediate")
        assert standby.sql(READ, dbname="app") < 19
        gateway.wait_until_admitted(standby)
        for _ in range(5):
            with pytest.raises(psycopg.Error):
                read(reader)


def test_s2_a_repeatable_read_transaction_keeps_its_snapshot(gateway, cluster, table):
    with gateway.connect() as reader, gateway.connect() as writer:
        for number in range(1, 6):
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            before = read(reader)
            for value in range(1, 4):
                writer.execute(f"UPDATE t SET v = {number * 10 + value} WHERE k = 1")
                cluster.wait_until_caught_up()
                assert read(reader) == before
            reader.execute("COMMIT")
            assert read(reader) >= before


def test_s2_what_a_repeatable_read_transaction_saw_is_no_more_than_its_snapshot(
        gateway, cluster, table):
    """The transaction's end must not claim for the session what its snapshot did not show."""
    with gateway.connect() as session, gateway.connect() as writer:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert read(session) == 0
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        session.execute("UPDATE t SET v = 5 WHERE k = 2")
        session.execute("COMMIT")
        assert read(session) == 1
        assert read(session, "SELECT v FROM t WHERE k = 2") == 5


def test_s2_a_node_is_fresh_enough_before_the_snapshot_and_not_only_by_its_end(
        gateway, cluster, table):
    """The standbys are late by less than the statement, or transaction, takes."""
    slow = ("WITH before AS MATERIALIZED (SELECT v FROM t WHERE k = 1), "
            "nap AS MATERIALIZED (SELECT pg_sleep(0.3) FROM before) "
            "SELECT before.v FROM before, nap")
    for standby in cluster.standbys:
        standby.set(recovery_min_apply_delay="200ms")
    with gateway.connect() as session:
        for number in range(1, 6, 2):
            session.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            assert read(session, slow) == number
            session.execute(f"UPDATE t SET v = {number + 1} WHERE k = 1")
            session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            assert read(session, slow) == number + 1
            assert read(session) == number + 1
            session.execute("COMMIT")


def test_s2_statements_of_one_message_see_one_another(gateway, cluster, table):
    with gateway.connect() as connection:
        for number in range(1, 20):
            cursor = connection.execute(
                f"UPDATE t SET v = {number} WHERE k = 1; SELECT v FROM t WHERE k = 1")
            assert cursor.nextset() and cursor.fetchone() == (number,)
            first = connection.execute(f"{READ}; SELECT pg_sleep(0.002); {READ}")
            before = first.fetchone()[0]
            assert first.nextset() and first.nextset()
            assert first.fetchone()[0] >= before == number


@pytest.mark.gateway
def test_s3_an_idle_primary_does_not_make_its_standbys_stale(gateway, cluster, table):
    cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
    cluster.wait_until_caught_up()
    formula = "SELECT now() - pg_last_xact_replay_timestamp() > interval '1 s'"
    for standby in cluster.standbys:
        wait_for(lambda s=standby: s.sql(formula), f"{standby} to seem stale")
    roles = []
    with gateway.connect(level="bounded(500ms)") as reader:
        for _ in range(20):
            assert read(reader) == 1
            roles.append(route(reader).role)
    assert roles.count("standby") > 15


@pytest.mark.gateway
def test_s3_a_standby_that_is_cut_off_is_stale_whatever_it_says(cluster, table, start_gateway):
    standby = cluster.standbys[0]
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    standby.cut_upstream()
    cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
    committed = time.monotonic()
    formula = "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
    wait_for(lambda: standby.sql(formula), "the standby to have all that it received")
    with gateway.connect(level="eventual") as anyone:
        assert read(anyone) == 0
    with gateway.connect(level="bounded(300ms)") as reader:
        wait_for(lambda: time.monotonic() > committed + 0.3, "the commit to be older than that")
        for _ in range(20):
            assert read(reader) == 1
        # What was committed less than the longest bound ago may be missing.
        reader.execute("SET tidemark.level = 'bounded(1h)'")
        read(reader)


@pytest.mark.gateway
def test_s4_a_cascade_ahead_of_its_upstream_serves(fresh_cluster, start_gateway):
    cluster = fresh_cluster
    upstream = cluster.standbys[0]
    cascade = cluster.add_standby(upstream)
    cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
    cluster.wait_until_caught_up()
    gateway = start_gateway([cluster.primary, upstream, cascade])
    gateway.wait_until_admitted(upstream, cascade)
    with paused(upstream), gateway.connect() as session:
        session.execute("UPDATE t SET v = 1 WHERE k = 1")

        def served_by_the_cascade():
            assert read(session) == 1
            return route(session).node == cascade.address

        wait_for(served_by_the_cascade, "the cascade to serve the session")


@pytest.mark.gateway
def test_s5_a_recovery_conflict_is_an_error_to_retry_and_not_the_end(
        cluster, table, start_gateway):
    standby = cluster.standbys[0]
    standby.set(max_standby_streaming_delay="0")
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    with gateway.connect() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        assert read(reader) == 0 and route(reader).role == "standby"
        pgconn = reader.pgconn
        pgconn.send_query(b"SELECT count(*) FROM t, generate_series(1, 1000000000)")
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query ~ 't, generate_series'" \
               " AND state = 'active' AND pid <> pg_backend_pid()"
        wait_for(lambda: standby.sql(busy), "the reader to be busy")
        cluster.sql("DELETE FROM t")
        cluster.sql("VACUUM t")
        state = pgconn.get_result().error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        assert state == b"40001"
        while pgconn.get_result():
            pass
        try:
            reader.execute("ROLLBACK")
        except psycopg.OperationalError:
            # A second signal, before the first has undone it all, and PostgreSQL ends it itself.
            assert "terminating connection due to conflict" in standby.log.read_text()
            return
        wait_for(lambda: reader.execute("SELECT count(*) FROM t").fetchone() == (0,),
                 "the reader to see the deletion")


@pytest.mark.gateway
def test_s5_an_idle_transaction_that_recovery_ends_is_told_to_retry(cluster, table, start_gateway):
    standby = cluster.standbys[0]
    standby.set(max_standby_streaming_delay="0")
    gateway = start_gateway([cluster.primary, standby]).wait_until_admitted(standby)
    with gateway.connect() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        assert read(reader) == 0 and route(reader).role == "standby"
        cluster.sql("DELETE FROM t")
        cluster.sql("VACUUM t")
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state ~ '^idle in transaction'"
        wait_for(lambda: not standby.sql(idle), "recovery to end the idle transaction")
        with pytest.raises(psycopg.Error) as raised:
            read(reader)
        # Said while the client was idle, as PostgreSQL says it: drivers show the text alone.
        assert "conflict with recovery" in str(raised.value)
    assert gateway.sql("SELECT count(*) FROM t") == 0


@pytest.mark.gateway
def test_s6_a_reader_that_stops_replay_delays_nobody_for_long(gateway, cluster, table):
    for standby in cluster.standbys:
        standby.set(max_standby_streaming_delay="-1")
    blockers = [standby.connect() for standby in cluster.standbys]
    for blocker in blockers:
        blocker.execute("BEGIN; SELECT * FROM t")
    with gateway.connect() as session:
        session.execute("ALTER TABLE t ADD COLUMN w int DEFAULT 3")
        for number in range(1, 6):
            session.execute(f"UPDATE t SET v = {number}, w = {number} WHERE k = 1")
            began = time.monotonic()
            assert session.execute("SELECT v, w FROM t WHERE k = 1").fetchone() == (number,) * 2
            assert time.monotonic() - began < 2
    for blocker in blockers:
        blocker.close()


NOT_READS = {
    "row lock": "SELECT * FROM t WHERE k = 1 FOR UPDATE",
    "share lock": "SELECT * FROM t WHERE k = 1 FOR SHARE",
    "writing cte": "WITH w AS (UPDATE t SET v = 1 WHERE k = 1 RETURNING v) SELECT * FROM w",
    "temp table": "CREATE TEMP TABLE mine (n int)",
    "select into": "SELECT k INTO copied FROM t",
    "create as": "CREATE TABLE copied AS SELECT * FROM t",
    "transaction id": "SELECT txid_current()",
    "new transaction id": "SELECT pg_current_xact_id()",
    "listen": "LISTEN tide",
    "notify": "NOTIFY tide",
    "notify by function": "SELECT pg_notify('tide', 'in')",
    "unlogged table": "SELECT count(*) FROM unlogged",
    "advisory lock": "SELECT pg_try_advisory_lock(7)",
    "nextval": "SELECT nextval('numbers')",
    "setval": "SELECT setval('numbers', 100)",
    "sequence": "SELECT last_value FROM numbers",
    "writing function": "SELECT bump()",
    "writing function in a view": "SELECT * FROM bumped",
    "writing function in a where": "SELECT k FROM t WHERE k = 1 AND bump() > 0",
    "explain analyze": "EXPLAIN ANALYZE UPDATE t SET v = 3 WHERE k = 1",
    "do block": "DO $$ BEGIN UPDATE t SET v = 4 WHERE k = 1; END $$",
    "call": "CALL bump_by(2)",
    "large object": "SELECT lo_from_bytea(0, 'x')",
    "lock table": "BEGIN; LOCK TABLE t IN SHARE MODE; COMMIT",
    "truncate": "TRUNCATE t",
    "vacuum": "VACUUM t",
    "analyze": "ANALYZE t",
    "merge": "MERGE INTO t USING (SELECT 1 AS k) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = 9",
    "prepared write": "PREPARE w AS UPDATE t SET v = 1; EXECUTE w; DEALLOCATE w",
    "copy in a cte": "COPY (WITH w AS (UPDATE t SET v = 1 RETURNING v) SELECT 1 FROM w) TO STDOUT",
}


@pytest.fixture
def writing_objects(cluster, table):
    cluster.sql("""
        CREATE SEQUENCE numbers; CREATE UNLOGGED TABLE unlogged (n int);
        CREATE FUNCTION bump() RETURNS int LANGUAGE plpgsql AS $$
          BEGIN UPDATE t SET v = v + 1 WHERE k = 1; RETURN 1; END $$;
        CREATE VIEW bumped AS SELECT bump();
        CREATE PROCEDURE bump_by(n int) LANGUAGE plpgsql AS $$
          BEGIN UPDATE t SET v = v + n WHERE k = 1; END $$""")
    cluster.wait_until_caught_up()


def run_raw(connection, query):
    """Sends a message of any statements, COPY too, and fails if one of them does."""
    connection.pgconn.send_query(query.encode())
    while result := connection.pgconn.get_result():
        assert not result.error_message, result.error_message
        if result.status == psycopg.pq.ExecStatus.COPY_OUT:
            while connection.pgconn.get_copy_data(0)[0] > 0:
                pass


@pytest.mark.parametrize("what", NOT_READS)
def test_s7_what_looks_like_a_read_and_is_none_works(gateway, writing_objects, what):
    with gateway.connect(level="eventual") as connection:
        run_raw(connection, NOT_READS[what])
    with gateway.connect(level="eventual") as connection:
        cursor = connection.cursor()
        if ";" not in NOT_READS[what] and not NOT_READS[what].startswith("COPY"):
            cursor.execute(NOT_READS[what].replace("7", "8").replace("copied", "copied2"),
                           prepare=True)


def test_s7_serializable_transactions_run(gateway, table):
    with gateway.connect(level="eventual") as connection:
        for _ in range(5):
            connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")
            assert read(connection) == 0
            connection.execute("COMMIT")
        connection.execute("SET default_transaction_isolation = 'serializable'")
        for _ in range(5):
            assert read(connection) == 0


def test_s7_an_advisory_lock_is_one_lock(gateway, table):
    with gateway.connect(level="eventual") as one, gateway.connect(level="eventual") as two:
        for number in range(20):
            holders = [connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
                       for connection in (one, two)]
            assert holders == [(True,), (False,)]


def test_s8_sequences_are_read_on_the_primary(gateway, cluster, table):
    cluster.sql("CREATE SEQUENCE numbers")
    cluster.wait_until_caught_up()
    with gateway.connect(level="eventual") as connection:
        for number in range(1, 40):
            assert read(connection, "SELECT nextval('numbers')") == number
            assert read(connection, "SELECT last_value FROM numbers") == number
            assert read(connection, "SELECT last_value FROM pg_sequences "
                                    "WHERE sequencename = 'numbers'") == number


@pytest.mark.gateway
def test_s9_ddl_is_seen_by_its_session_while_the_standbys_stand_still(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as session:
        session.execute("CREATE TABLE fresh (n int)")
        assert session.execute("SELECT count(*) FROM fresh").fetchone() == (0,)
        session.execute("ALTER TABLE fresh ADD COLUMN m int")
        assert session.execute("SELECT m FROM fresh").fetchall() == []
        session.execute("DROP TABLE fresh")
        with pytest.raises(psycopg.errors.UndefinedTable):
            session.execute("SELECT * FROM fresh")


@pytest.mark.gateway
def test_s9_a_grant_is_seen_by_its_session(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as session:
        may = "SELECT has_table_privilege('alice', 't', 'SELECT')"
        assert read(session, may) is False
        session.execute("GRANT SELECT ON t TO alice")
        assert read(session, may) is True
        session.execute("REVOKE SELECT ON t FROM alice")
        assert read(session, may) is False


@pytest.mark.gateway
def test_s9_comments_and_settings_of_roles_leave_marks_too(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as session:
        session.execute("COMMENT ON TABLE t IS 'high'")
        assert read(session, "SELECT obj_description('t'::regclass)") == "high"
        session.execute("ANALYZE t")
        assert read(session, "SELECT reltuples FROM pg_class WHERE relname = 't'") == 10
