"""Nodes die, restart, are promoted and come back, while clients stay connected."""

import concurrent.futures
import contextlib
import os
import signal
import threading

import psycopg
import pytest

from harness import Cluster, wait_for
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def node_of_a_read(gateway, level="eventual"):
    with gateway.connect(level=level) as connection:
        connection.execute(READ)
        return route(connection).node


def retry(gateway, query, seconds=20):
    """Runs a statement on new connections until it works: an outage that must end."""
    return wait_for(lambda: (gateway.sql(query), True)[1], f"{query!r} to work", seconds,
                    ignore=psycopg.Error)


@pytest.fixture
def gateway(fresh_cluster, start_gateway):
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int);"
                      "INSERT INTO t SELECT k, 0 FROM generate_series(1, 10) k")
    fresh_cluster.wait_until_caught_up()
    return start_gateway(fresh_cluster.nodes).wait_until_admitted(*fresh_cluster.standbys)


@contextlib.contextmanager
def readers(gateway, count=8, level="session"):
    """Clients that read all the time meanwhile; yields the list of errors they met."""
    errors, stop, reads = [], threading.Event(), [0] * count

    def work(number):
        try:
            with gateway.connect(level=level) as connection:
                while not stop.is_set():
                    connection.execute(f"SELECT v FROM t WHERE k = {number % 10 + 1}")
                    reads[number] += 1
        except psycopg.Error as error:
            errors.append(error)

    with concurrent.futures.ThreadPoolExecutor(count) as workers:
        futures = [workers.submit(work, number) for number in range(count)]

        def everybody_goes_on():
            before = list(reads)
            wait_for(lambda: errors or all(now > then + 5 for now, then in zip(reads, before)),
                     "every reader to go on")

        try:
            everybody_goes_on()
            yield errors, everybody_goes_on
            everybody_goes_on()
        finally:
            stop.set()
    for future in futures:
        future.result()


@pytest.mark.parametrize("how", ["kill9", "immediate", "fast"])
def test_a_standby_that_goes_away_costs_no_reader_an_error(gateway, fresh_cluster, how):
    standby = fresh_cluster.standbys[0]
    with readers(gateway) as (errors, everybody_goes_on):
        if how == "kill9":
            standby.kill9()
        else:
            standby.stop(how)
        everybody_goes_on()
        standby.start()
        gateway.wait_until_admitted(standby)
    assert errors == []


# pg_sleep is VOLATILE, which only the primary runs.
NAP = """CREATE FUNCTION nap(int) RETURNS int STABLE LANGUAGE plpgsql
         AS 'BEGIN PERFORM pg_sleep($1 / 2.0); RETURN $1; END'"""
# The server has the first row in hand when it is told to stop, and sends that with its farewell.
SLOW_READ = "SELECT nap(k) FROM t WHERE k < 3 ORDER BY k"
BETWEEN_ITS_ROWS = """SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT nap(k)%'
                      AND wait_event = 'PgSleep' AND clock_timestamp() > query_start + '0.6 s'"""


@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_a_standby_that_goes_away_between_two_rows_costs_no_reader_an_error(
        gateway, fresh_cluster, how):
    gateway.sql(NAP)
    with gateway.connect(level="eventual") as connection, \
            concurrent.futures.ThreadPoolExecutor(1) as worker:
        wait_for(lambda: read(connection, "SELECT nap(0)") == 0
                 and route(connection).role == "standby",
                 "the function to be known on a standby", ignore=psycopg.Error)
        answer = worker.submit(lambda: connection.execute(SLOW_READ).fetchall())
        served_by = wait_for(lambda: [standby for standby in fresh_cluster.standbys
                                      if standby.sql(BETWEEN_ITS_ROWS)],
                             "a standby to be between the rows")
        served_by[0].stop(how)
        assert answer.result(20) == [(1,), (2,)]
        assert route(connection).node != served_by[0].address


def test_a_standby_that_answers_nothing_is_left_out(gateway, fresh_cluster):
    standby = fresh_cluster.standbys[0]
    standby.freeze()
    try:
        left_out = f"event=node_not_admitted node={standby.address}"
        wait_for(lambda: left_out in gateway.log_text(), "the frozen standby to be left out")
        for _ in range(20):
            assert node_of_a_read(gateway) != standby.address
    finally:
        standby.thaw()
    gateway.wait_until_admitted(standby)


def test_a_read_on_a_standby_that_falls_silent_does_not_hang_with_it(gateway, fresh_cluster):
    with gateway.connect() as connection, concurrent.futures.ThreadPoolExecutor(1) as worker:
        wait_for(lambda: (read(connection), route(connection).role)[1] == "standby",
                 "a read on a standby")
        standby = fresh_cluster.node_at(route(connection).node)
        standby.freeze()
        try:
            answer = worker.submit(read, connection)
            with contextlib.suppress(psycopg.Error):
                assert answer.result(20) == 0
        finally:
            standby.thaw()


def test_without_standbys_reads_go_to_the_primary(gateway, fresh_cluster):
    for standby in fresh_cluster.standbys:
        standby.kill9()
    retry(gateway, READ)
    assert node_of_a_read(gateway) == fresh_cluster.primary.address


def test_without_a_primary_reads_go_on_and_writes_are_refused(gateway, fresh_cluster):
    with gateway.connect() as connection:
        read(connection)
        fresh_cluster.primary.kill9()
        wait_for(lambda: read(connection) == 0, "reads without a primary", ignore=psycopg.Error)
        for _ in range(5):
            assert read(connection) == 0
        with pytest.raises(psycopg.errors.CannotConnectNow) as raised:
            connection.execute("UPDATE t SET v = 1")
        assert raised.value.diag.sqlstate == "57P03"
        assert raised.value.diag.message_hint
        with pytest.raises(psycopg.Error):
            connection.execute(f"/* tidemark.level='strong' */ {READ}")
        assert read(connection) == 0


def test_clients_survive_a_restart_of_the_primary(gateway, fresh_cluster):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        fresh_cluster.wait_until_caught_up()
        wait_for(lambda: read(connection) == 1 and route(connection).role == "standby",
                 "the write to be on the standbys")
        fresh_cluster.primary.restart()

        def writes():
            return connection.execute("UPDATE t SET v = 2 WHERE k = 1").rowcount == 1

        wait_for(writes, "the same connection to write again", ignore=psycopg.Error)
        assert read(connection) == 2


def test_idle_clients_survive_a_crash_of_the_primary(gateway, fresh_cluster):
    """A crash restart keeps the postmaster and its start time; every backend dies."""
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        fresh_cluster.wait_until_caught_up()
        victim = fresh_cluster.primary.sql("SELECT pid FROM pg_stat_activity "
                                           "WHERE backend_type = 'client backend' LIMIT 1")
        os.kill(victim, signal.SIGKILL)
        back = f"event=primary_found node={fresh_cluster.primary.address}"
        wait_for(lambda: gateway.log_text().count(back) == 2, "the gateway to see the crash")

        def writes():
            return connection.execute("UPDATE t SET v = 2 WHERE k = 1").rowcount == 1

        wait_for(writes, "the same connection to write again", ignore=psycopg.DatabaseError)
        wait_for(lambda: read(connection) == 2, "a read", ignore=psycopg.Error)


def despite_doubt(work, doubts):
    """Repeats `work` until the outage is over, and notes what the session is told meanwhile.

    It is told once that a failover may have lost what it wrote, or read, where the gateway had no
    sample of that by the time the primary died.
    """
    def attempt():
        try:
            return (work(),)
        except (psycopg.errors.CannotConnectNow, psycopg.errors.SerializationFailure):
            return None
        except psycopg.DatabaseError as error:
            if error.sqlstate not in ("TM001", "TM002"):
                raise
            assert error.sqlstate not in doubts, "it has been told already"
            doubts.append(error.sqlstate)
            return None

    return wait_for(attempt, "the outage to end")[0]


def test_a_promoted_standby_takes_the_writes(gateway, fresh_cluster):
    doubts = []
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        wait_for(lambda: read(connection) == 1 and route(connection).role == "standby",
                 "the write to be on a standby")
        fresh_cluster.wait_until_caught_up()
        fresh_cluster.primary.kill9()
        old = fresh_cluster.fail_over_to(fresh_cluster.standbys[0])
        retry(gateway, "UPDATE t SET v = v + 1 WHERE k = 2")
        assert despite_doubt(lambda: read(connection), doubts) == 1
        despite_doubt(lambda: connection.execute("UPDATE t SET v = 2 WHERE k = 1"), doubts)
        assert route(connection).node == fresh_cluster.primary.address
        assert read(connection) == 2
        old.clone_from(fresh_cluster.primary).start()
        gateway.wait_until_admitted(*fresh_cluster.standbys)
        assert read(connection) == 2


def test_a_node_of_another_cluster_is_never_admitted(gateway, fresh_cluster, start_gateway):
    stranger = Cluster(standbys=0, new_identity=True)
    try:
        stranger.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 666)")
        mixed = start_gateway([*fresh_cluster.nodes, stranger.primary])
        mixed.wait_until_admitted(*fresh_cluster.standbys)
        for _ in range(60):
            assert mixed.sql(READ, level="eventual") == 0
            assert mixed.sql(READ, level="strong") == 0
    finally:
        stranger.destroy()


def test_the_gateway_starts_before_its_nodes(fresh_cluster, start_gateway):
    for node in fresh_cluster.nodes:
        node.stop()
    gateway = start_gateway(fresh_cluster.nodes, start=False)
    gateway.start(wait=False)
    for node in fresh_cluster.nodes:
        node.start()
    gateway.wait_until_it_accepts()
    gateway.wait_until_admitted(*fresh_cluster.standbys)
