"""Where all writes come through the gateway: reads of tables that nobody has written since."""

import concurrent.futures
import contextlib
import os
import socket

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

pytestmark = pytest.mark.gateway

TABLES = ["cart", "product", "stock"]
QUIET = "nobody has written these tables since"


@pytest.fixture
def market(cluster):
    """Tables with one row n = 0."""
    for table in TABLES:
        cluster.sql(f"CREATE TABLE {table} (id int PRIMARY KEY, n int);"
                    f"INSERT INTO {table} VALUES (1, 0)")
    cluster.sql("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN UPDATE stock SET n = n + 1; RETURN NULL; END'")
    cluster.wait_until_caught_up()
    return cluster


@pytest.fixture
def start_quiet(market, start_gateway):
    """start_quiet(**consistency): a gateway that knows where all tables were last written."""

    def start(**consistency):
        gateway = start_gateway(market.nodes, {"consistency": {"all_writes_here": True}
                                               | consistency})
        gateway.wait_until_admitted(*market.standbys)
        wait_for(lambda: is_quiet(gateway, market), "reads of quiet tables go to standbys",
                 ignore=psycopg.errors.CannotConnectNow)
        return gateway

    return start


@pytest.fixture
def gateway(start_quiet):
    return start_quiet()


def is_quiet(gateway, market, product=0):
    """Whether it serves a read on a standby that lacks a write to another table."""
    market.wait_until_caught_up()
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        connection.execute("UPDATE stock SET n = 0")
        quiet = reads(connection, "product") == (product, QUIET)
    market.wait_until_caught_up()
    return quiet


def reads(connection, table):
    """The value and why it came from a standby; None if it came from the primary."""
    value = connection.execute(f"SELECT n FROM {table}").fetchone()[0]
    where = route(connection)
    reason = where.text.split('reason="')[1].split('"')[0]
    return value, reason if where.role == "standby" else None


def write(connection, table, value):
    connection.execute(f"UPDATE {table} SET n = %s", (value,))


def test_a_write_to_another_table_is_no_reason_to_wait(gateway, market):
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        write(connection, "cart", 1)
        assert reads(connection, "product") == (0, QUIET)
        assert reads(connection, "cart") == (1, None)
        assert reads(connection, "product") == (0, QUIET)


def test_nor_is_a_read_of_the_primary(gateway, market):
    with paused(*market.standbys), gateway.connect(level="session") as connection:
        write(connection, "cart", 1)
        connection.execute("SET tidemark.level = 'strong'")
        assert reads(connection, "product") == (0, None)
        connection.execute("SET tidemark.level = 'session'")
        assert reads(connection, "product") == (0, QUIET)


def test_nor_is_a_token_of_another_session(gateway, market):
    with (paused(*market.standbys), gateway.connect() as one,
          gateway.connect(level="session") as other):
        write(one, "cart", 1)
        token = one.execute("SHOW tidemark.token").fetchone()[0]
        other.execute(f"SET tidemark.token = '{token}'")
        assert reads(other, "cart") == (1, None)
        assert reads(other, "product") == (0, QUIET)


def test_a_bound_is_kept_by_what_nobody_has_written(gateway, market):
    with paused(*market.standbys), gateway.connect() as connection:
        write(connection, "cart", 1)
        connection.execute("SET tidemark.level = 'bounded(1ms)'")
        assert reads(connection, "product") == (0, QUIET)
        assert reads(connection, "cart") == (1, None)


def test_strong_reads_of_standbys_do_not_wait_and_those_of_the_primary_go_there(
        start_quiet, market):
    rules = [{"tables": ["product", "cart"], "read": "strong", "from": "standbys",
              "otherwise": "refuse"}]
    gateway = start_quiet(rules=rules)
    with paused(*market.standbys), gateway.connect() as connection:
        write(connection, "cart", 1)
        assert reads(connection, "product") == (0, QUIET)
        with pytest.raises(psycopg.errors.CannotConnectNow):
            reads(connection, "cart")
        connection.execute("SET tidemark.level = 'strong'")
        assert reads(connection, "stock") == (0, None)


def test_a_write_of_anyone_counts(gateway, market):
    with (paused(*market.standbys), gateway.connect() as writer,
          gateway.connect(level="causal") as reader):
        write(reader, "cart", 1)
        assert reads(reader, "product") == (0, QUIET)
        write(writer, "product", 1)
        assert reads(reader, "product") == (1, None)


def test_a_write_under_way_counts_from_its_first_statement(gateway, market):
    with (paused(*market.standbys), gateway.connect() as writer,
          gateway.connect(level="causal") as reader):
        write(reader, "cart", 1)
        with contextlib.suppress(psycopg.Rollback), writer.transaction():
            writer.execute("SELECT n FROM product")
            assert reads(reader, "product") == (0, QUIET)
            write(writer, "product", 1)
            assert reads(reader, "product") == (0, None)
            assert reads(reader, "stock") == (0, QUIET)
            raise psycopg.Rollback


def test_it_is_short_once_standbys_have_the_write(gateway, market):
    with gateway.connect(level="causal") as connection:
        write(connection, "product", 1)
        market.wait_until_caught_up()
        with paused(*market.standbys):
            write(connection, "cart", 1)
            wait_for(lambda: reads(connection, "product") == (1, QUIET), "the mark is resolved")


@pytest.mark.parametrize("change", [
    "ALTER TABLE stock ADD COLUMN m int",
    "DO $$ BEGIN UPDATE product SET n = 1; END $$",
    "PREPARE TRANSACTION 'none'; COMMIT PREPARED 'none'",
    "CREATE TRIGGER touch AFTER UPDATE ON cart EXECUTE FUNCTION touch();"
    "UPDATE cart SET n = 1",
])
def test_what_may_write_any_table_counts_for_all(gateway, market, change):
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        with contextlib.suppress(psycopg.Error):
            connection.execute(change)
    market.wait_until_caught_up()
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        with contextlib.suppress(psycopg.Error):
            connection.execute(change.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER"))
        assert reads(connection, "product")[1] is None


def test_swapped_tables_are_not_confused(gateway, market):
    """The catalogue is loaded anew some time after the swap; until then names mislead."""
    market.wait_until_caught_up()
    with gateway.connect(autocommit=True) as connection:
        connection.execute("CREATE VIEW seen AS SELECT n FROM product")
        connection.execute("ALTER TABLE product RENAME TO old; ALTER TABLE cart RENAME TO product;"
                           "ALTER TABLE old RENAME TO cart")
        market.wait_until_caught_up()
        with paused(*market.standbys), gateway.connect(level="causal") as reader:
            write(reader, "stock", 1)
            for value in range(1, 50):
                write(connection, "cart", value)
                assert reads(reader, "seen")[0] == value


def test_a_view_that_a_trigger_replaces_is_not_confused(gateway, market):
    """No text tells that a trigger has run DDL; until the catalogue is compared, names mislead."""
    with gateway.connect(level="causal", autocommit=True) as connection:
        connection.execute("CREATE VIEW seen AS SELECT n FROM product")
        connection.execute("CREATE FUNCTION look_elsewhere() RETURNS trigger LANGUAGE plpgsql AS"
                           " 'BEGIN CREATE OR REPLACE VIEW seen AS SELECT n FROM stock;"
                           " RETURN NULL; END'")
        connection.execute("CREATE TRIGGER elsewhere AFTER UPDATE ON cart"
                           " EXECUTE FUNCTION look_elsewhere()")
        wait_for(lambda: is_quiet(gateway, market), "the view is known")
        write(connection, "cart", 1)
        market.wait_until_caught_up()
        with paused(*market.standbys):
            for value in range(1, 50):
                write(connection, "stock", value)
                assert reads(connection, "seen")[0] == value


def test_a_function_that_begins_to_write_is_noticed(gateway, market):
    """It was looked up when it only read, and runs when it does not any more."""
    with (gateway.connect(autocommit=True) as other, gateway.connect(level="causal") as reader,
          gateway.connect() as caller, market.nodes[0].connect() as lock):
        other.execute("CREATE FUNCTION taken() RETURNS int LANGUAGE sql STABLE AS"
                      " 'SELECT n FROM product'")
        wait_for(lambda: is_quiet(gateway, market), "the function is known")
        loaded = gateway.log_text().count("event=catalogue_loaded")
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            lock.execute("BEGIN")
            lock.execute("LOCK TABLE cart")
            caller.execute("SET tidemark.level = 'strong'")
            waiting = thread.submit(caller.execute, "SELECT (SELECT n FROM cart), taken()")
            wait_for(lambda: lock.execute("SELECT count(*) FROM pg_locks WHERE NOT granted"
                                          ).fetchone()[0] > 0, "it waits for the lock")
            other.execute("CREATE OR REPLACE FUNCTION taken() RETURNS int LANGUAGE sql VOLATILE"
                          " AS 'UPDATE product SET n = n + 1 RETURNING n'")
            wait_for(lambda: gateway.log_text().count("event=catalogue_loaded") > loaded,
                     "the new function is known")
            market.wait_until_caught_up()
            with paused(*market.standbys):
                lock.execute("ROLLBACK")
                waiting.result(10)
                for value in range(1, 50):
                    write(reader, "stock", value)
                    assert reads(reader, "product") == (1, None)


def test_a_write_begun_before_the_gateway_counts(market, start_gateway):
    with market.nodes[0].connect() as earlier:
        earlier.execute("BEGIN")
        write(earlier, "product", 1)
        gateway = start_gateway(market.nodes, {"consistency": {"all_writes_here": True}})
        gateway.wait_until_admitted(*market.standbys)
        with gateway.connect(level="causal") as reader:
            reads(reader, "cart")
            wait_for(lambda: "event=catalogue_loaded" in gateway.log_text(), "names are known")
            with paused(*market.standbys):
                earlier.execute("COMMIT")
                for value in range(1, 50):
                    write(reader, "cart", value)
                    assert reads(reader, "product") == (1, None)
    wait_for(lambda: is_quiet(gateway, market, product=1), "all of before is over")


def test_who_is_gone_in_the_middle_of_a_write_leaves_it_under_way(gateway, market):
    with (paused(*market.standbys), gateway.connect(level="causal") as reader,
          market.nodes[0].connect() as lock):
        write(reader, "cart", 1)
        assert reads(reader, "product") == (0, QUIET)
        lock.execute("BEGIN")
        lock.execute("LOCK TABLE product IN SHARE MODE")
        writer = gateway.connect()
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(write, writer, "product", 1)
            wait_for(lambda: reads(reader, "product") == (0, None), "the write is under way")
            with socket.socket(fileno=os.dup(writer.fileno())) as gone:
                gone.shutdown(socket.SHUT_RDWR)
            with pytest.raises(psycopg.OperationalError):
                waiting.result(10)
            lock.execute("ROLLBACK")
        wait_for(lambda: reads(reader, "product") == (1, None), "it is carried out")
    market.wait_until_caught_up()
    with paused(*market.standbys), gateway.connect(level="causal") as reader:
        write(reader, "cart", 2)
        assert reads(reader, "product") == (1, None)


def test_who_is_gone_between_statements_has_written_nothing(gateway, market):
    with paused(*market.standbys), gateway.connect(level="causal") as reader:
        write(reader, "cart", 1)
        writer = gateway.connect(autocommit=False)
        write(writer, "product", 1)
        assert reads(reader, "product") == (0, None)
        writer.close()
    wait_for(lambda: is_quiet(gateway, market), "the write is given up")


def test_without_the_declaration_nothing_of_it(market, start_gateway):
    gateway = start_gateway(market.nodes).wait_until_admitted(*market.standbys)
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        write(connection, "cart", 1)
        assert reads(connection, "product") == (0, None)


def test_a_reload_ends_it_and_cannot_begin_it(gateway, market, start_gateway):
    gateway.reload({"consistency": {"all_writes_here": False}})
    wait_for(lambda: "event=reloaded" in gateway.log_text(), "it is reloaded")
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        write(connection, "cart", 1)
        assert reads(connection, "product") == (0, None)
    late = start_gateway(market.nodes)
    late.reload({"consistency": {"all_writes_here": True}})
    wait_for(lambda: "reload_needs_restart key=consistency.all_writes_here" in late.log_text(),
             "it is told that a restart is needed")
