"""Which node serves what, as SHOW tidemark.route tells it."""

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

pytestmark = pytest.mark.gateway


def role_of(connection, query):
    connection.execute(query)
    return route(connection).role


def test_a_fresh_session_reads_on_a_standby(gateway, table):
    with gateway.connect() as connection:
        assert role_of(connection, "SELECT v FROM t") == "standby"


def test_a_write_goes_to_the_primary(gateway, cluster, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        where = route(connection)
        assert (where.role, where.node) == ("primary", cluster.primary.address)


def test_strong_reads_are_served_by_the_primary(gateway, table):
    with gateway.connect(level="strong") as connection:
        for _ in range(10):
            assert role_of(connection, "SELECT v FROM t") == "primary"
        assert route(connection).level == "strong"


def test_session_reads_return_to_the_standbys_after_a_write(gateway, table):
    with gateway.connect(level="session") as connection:
        for number in range(10):
            connection.execute("UPDATE t SET v = %s WHERE k = 1", (number,))
            wait_for(lambda: role_of(connection, "SELECT v FROM t WHERE k = 1") == "standby",
                     "a standby to serve the session again")
            assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (number,)


def test_session_reads_its_own_write_while_every_standby_is_paused(gateway, cluster, table):
    for standby in cluster.standbys:
        standby.pause_replay()
    with gateway.connect(level="session") as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (1,)
        assert route(connection).role == "primary"
        connection.execute("SET tidemark.level = 'eventual'")
        assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (0,)
        assert route(connection).role == "standby"


def test_otherwise_refuse_keeps_reads_off_the_primary(cluster, table, start_gateway):
    gateway = start_gateway(
        cluster.nodes, {"consistency": {"otherwise": "refuse", "wait": "100ms"}})
    gateway.wait_until_admitted(*cluster.standbys)
    for standby in cluster.standbys:
        standby.pause_replay()
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        with pytest.raises(psycopg.Error) as raised:
            connection.execute("SELECT v FROM t WHERE k = 1")
        assert raised.value.diag.sqlstate and raised.value.diag.message_hint
        for standby in cluster.standbys:
            standby.resume_replay()

        def reads():
            return connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (1,)

        wait_for(reads, "the session to read again", ignore=psycopg.Error)


def test_the_level_is_a_setting_like_any_other(gateway, table):
    with gateway.connect() as connection:
        assert connection.execute("SHOW tidemark.level").fetchone()[0] in ("session", "policy")
        connection.execute("SET tidemark.level = 'eventual'")
        assert connection.execute("SHOW tidemark.level").fetchone() == ("eventual",)
        connection.execute("BEGIN")
        connection.execute("SET LOCAL tidemark.level = 'strong'")
        assert connection.execute("SHOW tidemark.level").fetchone() == ("strong",)
        connection.execute("COMMIT")
        assert connection.execute("SHOW tidemark.level").fetchone() == ("eventual",)
        for statement in ["BEGIN", "SET tidemark.level = 'strong'", "ROLLBACK"]:
            connection.execute(statement)
        assert connection.execute("SHOW tidemark.level").fetchone() == ("eventual",)
        connection.execute("RESET tidemark.level")
        assert connection.execute("SHOW tidemark.level").fetchone()[0] in ("session", "policy")


def test_the_level_comes_with_the_startup_packet(gateway, table):
    with gateway.connect(options="-c tidemark.level=strong") as connection:
        assert connection.execute("SHOW tidemark.level").fetchone() == ("strong",)
        assert role_of(connection, "SELECT v FROM t") == "primary"


@pytest.mark.parametrize("query", [
    "/* tidemark.level='strong' */ SELECT v FROM t",
    "SELECT v FROM t /* tidemark.level='strong' */",
    "SELECT v FROM t /*route='%2Fcart',tidemark.level='strong'*/",
])
def test_the_level_comes_in_a_comment(gateway, table, query):
    with gateway.connect() as connection:
        connection.pgconn.exec_(query.encode())
        assert route(connection).role == "primary"
        # The comment held for its statement alone: reads return as soon as a standby covers it.
        wait_for(lambda: role_of(connection, "SELECT v FROM t") == "standby",
                 "a standby to serve the session again")


def test_an_unknown_level_is_refused_as_postgresql_refuses_a_value(gateway):
    with gateway.connect() as connection:
        with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
            connection.execute("SET tidemark.level = 'sloppy'")
        assert "sloppy" in raised.value.diag.message_primary
        assert "eventual" in raised.value.diag.message_hint
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_read_only_transaction_stays_on_one_node(gateway, table):
    with gateway.connect() as connection:
        connection.execute("BEGIN READ ONLY")
        seen = set()
        for _ in range(5):
            connection.execute("SELECT v FROM t")
            seen.add(route(connection).node)
        connection.execute("COMMIT")
        assert len(seen) == 1


def test_a_read_only_transaction_is_served_by_a_standby(gateway, table):
    with gateway.connect() as connection:
        connection.execute("BEGIN READ ONLY")
        assert role_of(connection, "SELECT v FROM t") == "standby"
        connection.execute("COMMIT")


def test_a_transaction_that_may_write_runs_on_the_primary(gateway, table):
    with gateway.connect() as connection:
        connection.execute("BEGIN")
        assert role_of(connection, "SELECT v FROM t WHERE k = 1") == "primary"
        connection.execute("UPDATE t SET v = 5 WHERE k = 1")
        assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (5,)
        connection.execute("COMMIT")


def test_the_route_says_why(gateway, table):
    with gateway.connect() as connection:
        connection.execute("SELECT v FROM t")
        text = route(connection).text
        for word in ("node=", "role=", "level=session", "reason="):
            assert word in text


@pytest.mark.parametrize("begin", [
    "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "BEGIN; SET TRANSACTION READ ONLY",
    "START TRANSACTION;SET TRANSACTION READ ONLY;",
])
def test_begin_and_its_modes_in_one_message_are_one_begin(gateway, table, begin):
    with gateway.connect() as connection:
        connection.execute(begin)
        assert role_of(connection, "SELECT v FROM t") == "standby"
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("UPDATE t SET v = 1")
        connection.execute("ROLLBACK")
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("off",)


def test_a_read_that_a_standby_finds_to_write_is_seen_by_the_session(gateway, cluster, table):
    cluster.sql("""
        CREATE FUNCTION raise_v() RETURNS int LANGUAGE plpgsql VOLATILE AS
          'BEGIN UPDATE t SET v = v + 1 WHERE k = 1; RETURN 1; END';
        CREATE FUNCTION innocent() RETURNS int LANGUAGE plpgsql STABLE AS
          'BEGIN RETURN raise_v(); END'""")
    cluster.wait_until_caught_up()
    with gateway.connect() as connection:
        wait_for(lambda: role_of(connection, "SELECT v FROM t WHERE k = 1") == "standby",
                 "a standby to serve the session")
        with paused(*cluster.standbys):
            assert connection.execute("SELECT innocent()").fetchone() == (1,)
            assert route(connection).role == "primary"
            assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (1,)
            assert route(connection).role == "primary"
