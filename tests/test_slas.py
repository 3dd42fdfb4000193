"""Levels in order of preference: the first that is expected to be had in time is used."""

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def read_with_route(connection, query=READ):
    value = read(connection, query)
    where = route(connection)
    return value, where.role, where.level


def test_an_agreement_is_a_level_like_any_other(gateway, table):
    with gateway.connect() as connection:
        connection.execute("SET tidemark.level = 'strong<20ms, SESSION < 50ms,eventual'")
        assert read(connection, "SHOW tidemark.level") == "strong<20ms, session<50ms, eventual"
        for wrong in ("strong<20ms,", "strong<, eventual", "strong<20ms session", "strong<-1ms",
                      "policy<1ms, strong", ", ".join(["strong<1ms"] * 9)):
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                connection.execute(f"SET tidemark.level = '{wrong}'")
        assert read(connection, "SHOW tidemark.level") == "strong<20ms, session<50ms, eventual"


def test_the_first_is_used_where_it_can_be_had_in_time(gateway, cluster, table):
    with gateway.connect(level="strong<5s, eventual") as connection:
        for number in range(1, 6):
            cluster.sql(f"UPDATE t SET v = {number} WHERE k = 1")
            assert read_with_route(connection) == (number, "primary", "strong")


def test_the_next_is_used_where_it_cannot(gateway, cluster, table):
    with paused(*cluster.standbys):
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        with gateway.connect(level="strong<1us, eventual") as connection:
            assert read_with_route(connection) == (0, "standby", "eventual")
        with gateway.connect() as connection:
            connection.execute(READ)
            asked = "/* tidemark.level='strong<1us, bounded(1h)' */ " + READ
            assert read_with_route(connection, asked)[:2] == (0, "standby")


def test_the_last_is_promised_however_long_it_takes(gateway, cluster, table):
    with paused(*cluster.standbys), \
            gateway.connect(level="strong<1us, session<1us") as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        assert read_with_route(connection) == (1, "primary", "session")


def test_a_session_finds_its_writes_where_they_can_be_had_in_time(
        cluster, table, start_gateway):
    """The primary is out of the question; a standby that is late is worth some waiting."""
    gateway = start_gateway(cluster.nodes, {"consistency": {"otherwise": "refuse", "wait": "5s"}})
    gateway.wait_until_admitted(*cluster.standbys)
    with gateway.connect(level="session<5s, eventual") as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        assert read_with_route(connection) == (1, "standby", "session")
        with paused(*cluster.standbys):
            connection.execute("UPDATE t SET v = 2 WHERE k = 1")
            # They stand still, which shows after a moment.
            wait_for(lambda: read_with_route(connection) == (1, "standby", "eventual"),
                     "the session to be served by who lacks its write",
                     ignore=psycopg.errors.CannotConnectNow)


def test_without_a_primary_what_can_be_had_is(gateway, cluster, table):
    with gateway.connect(level="strong<1s, bounded(300ms)<1s, eventual") as connection:
        assert read_with_route(connection) == (0, "primary", "strong")
        cluster.primary.kill9()

        def is_eventual():
            value, role, level = read_with_route(connection)
            return (value, role, level) == (0, "standby", "eventual")

        wait_for(is_eventual, "reads to go on with less", ignore=psycopg.OperationalError)
        for _ in range(5):
            assert is_eventual()
        cluster.primary.start()
        wait_for(lambda: read_with_route(connection) == (0, "primary", "strong"),
                 "reads to be strong again", ignore=psycopg.Error)


def test_how_often_each_was_met_is_counted(gateway, table):
    with gateway.connect(level="strong<5s, eventual") as connection:
        for _ in range(3):
            read(connection)
        assert read(connection, "SHOW tidemark.sla") == "strong<5s: 3, eventual: 0"
    with gateway.connect(level="strong<1us, session<5s, eventual") as connection:
        for _ in range(2):
            read(connection)
        assert read(connection, "SHOW tidemark.sla") == "strong<1us: 0, session<5s: 2, eventual: 0"


def test_a_write_goes_to_the_primary_whatever_was_agreed(gateway, table):
    with gateway.connect(level="strong<1us, eventual") as connection:
        assert connection.execute("UPDATE t SET v = 1 WHERE k = 1").rowcount == 1
        assert route(connection).role == "primary"
        connection.execute("BEGIN")
        assert read_with_route(connection)[:2] == (1, "primary")
        connection.execute("COMMIT")
