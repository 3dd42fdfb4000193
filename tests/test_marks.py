"""Marks per table: a write holds up reads of what it wrote to, and no others."""

import pytest

from harness import wait_for
from harness.anomaly import paused
from harness.gateway import route

pytestmark = pytest.mark.gateway

TABLES = ["cart", "product", "audit", "item"]


@pytest.fixture
def market(cluster):
    """Tables with one row n = 0; who writes to cart writes to audit, too; item refers to cart."""
    cluster.sql("""
        CREATE TABLE cart (id int PRIMARY KEY, n int); CREATE TABLE product (id int, n int);
        CREATE TABLE audit (id int, n int);
        CREATE TABLE item (id int REFERENCES cart ON DELETE CASCADE ON UPDATE CASCADE, n int);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN UPDATE audit SET n = n + 1; RETURN NULL; END';
        CREATE VIEW both_of_them AS SELECT c.n AS c, p.n AS p FROM cart c, product p""")
    for table in TABLES:
        cluster.sql(f"INSERT INTO {table} VALUES (1, 0)")
    cluster.sql("CREATE TRIGGER note AFTER UPDATE ON cart EXECUTE FUNCTION note()")
    cluster.wait_until_caught_up()
    return cluster


@pytest.fixture
def gateway(market, start_gateway):
    return start_gateway(market.nodes).wait_until_admitted(*market.standbys)


def read(connection, query):
    """The value and the role of the node that served it."""
    value = connection.execute(query).fetchone()[0]
    return value, route(connection).role


def test_a_write_to_one_table_does_not_hold_up_reads_of_another(gateway, market):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute("UPDATE product SET n = 1")
        assert read(connection, "SELECT n FROM cart") == (0, "standby")
        assert read(connection, "SELECT n FROM product") == (1, "primary")
        assert read(connection, "SELECT n FROM cart") == (0, "standby")


@pytest.mark.parametrize("query", [
    "SELECT p.n FROM cart c JOIN product p USING (id)",
    "SELECT p FROM both_of_them",
    "SELECT (SELECT n FROM product) FROM cart",
])
def test_whatever_touches_what_was_written_is_held_up(gateway, market, query):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute("UPDATE product SET n = 1")
        assert read(connection, query) == (1, "primary")


def test_what_triggers_and_foreign_keys_write_is_held_up_too(gateway, market):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute("UPDATE cart SET id = 2, n = 1")
        assert read(connection, "SELECT n FROM audit") == (1, "primary")
        assert read(connection, "SELECT id FROM item") == (2, "primary")


def test_every_write_of_a_transaction_counts(gateway, market):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE product SET n = 1")
        connection.execute("UPDATE item SET n = 2")
        connection.execute("COMMIT")
        assert read(connection, "SELECT n FROM item") == (2, "primary")
        assert read(connection, "SELECT n FROM product") == (1, "primary")
        connection.execute("UPDATE item SET n = 3; UPDATE audit SET n = 3")
        assert read(connection, "SELECT n FROM audit") == (3, "primary")
        assert read(connection, "SELECT n FROM item") == (3, "primary")


@pytest.mark.parametrize("write", [
    "DO $$ BEGIN UPDATE product SET n = 1; END $$",
    "PREPARE w AS UPDATE product SET n = 1; EXECUTE w",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN UPDATE product SET n = 1; END';"
    "SELECT f()",
    "WITH w AS (UPDATE product SET n = 1 RETURNING n) INSERT INTO audit SELECT 5, n FROM w",
    "DROP VIEW both_of_them; ALTER TABLE product ALTER n TYPE int USING 1",
    "MERGE INTO product USING cart ON product.id = cart.id WHEN MATCHED THEN UPDATE SET n = 1",
    "COPY product TO PROGRAM 'cat > /dev/null'; UPDATE product SET n = 1",
])
def test_writes_that_hide_what_they_write_to_hold_up_all_reads(gateway, market, write):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute(write)
        assert read(connection, "SELECT n FROM product WHERE id = 1") == (1, "primary")


def test_causal_reads_mind_every_table(gateway, market):
    with paused(*market.standbys), gateway.connect(level="causal") as connection:
        connection.execute("UPDATE product SET n = 1")
        assert read(connection, "SELECT n FROM cart") == (0, "primary")


def test_what_was_read_is_minded_per_table(gateway, market):
    """One standby has it and goes away; the other lacks it."""
    lacking, having = market.standbys

    def reader_of_newer():
        connection = gateway.connect()
        if connection.execute("SELECT n FROM product").fetchone()[0] == 1:
            return connection
        return connection.close()

    with paused(lacking):
        market.sql("UPDATE product SET n = 1")
        having.wait_until_it_covers(market.sql("SELECT pg_current_wal_flush_lsn()::text"))
        with wait_for(reader_of_newer, "a session to be served by who has it") as connection:
            having.stop("fast")
            left_out = f"event=node_not_admitted node={having.address}"
            wait_for(lambda: left_out in gateway.log_text(), "the standby to be left out")
            assert read(connection, "SELECT n FROM product") == (1, "primary")
            assert read(connection, "SELECT n FROM cart") == (0, "standby")


def test_a_table_that_is_made_anew_is_another_one(gateway, market):
    with paused(*market.standbys), gateway.connect() as connection:
        connection.execute("DROP TABLE audit CASCADE")
        connection.execute("CREATE TABLE audit AS SELECT 7 AS n")
        assert read(connection, "SELECT n FROM audit") == (7, "primary")
        connection.execute("ALTER TABLE product RENAME TO wares")
        connection.execute("ALTER TABLE item RENAME TO product")
        connection.execute("UPDATE product SET n = 3")
        assert read(connection, "SELECT n FROM product") == (3, "primary")


def test_more_tables_than_are_told_apart_are_all_minded(gateway, market):
    names = make_tables(market, "many", 80)
    wait_for(lambda: is_known(gateway, names[-1]), "the gateway to know the tables")
    with paused(*market.standbys), gateway.connect() as connection:
        for number, name in enumerate(names, 1):
            connection.execute(f"UPDATE {name} SET n = {number}")
        for number, name in enumerate(names, 1):
            assert read(connection, f"SELECT n FROM {name}") == (number, "primary")


def test_a_table_that_was_not_written_stays_near_however_many_others_were(market, start_gateway):
    names = make_tables(market, "some", 20)
    gateway = start_gateway(market.nodes).wait_until_admitted(*market.standbys)
    with paused(*market.standbys), gateway.connect() as connection:
        for name in names[1:]:
            connection.execute(f"UPDATE {name} SET n = 1")
            assert read(connection, f"SELECT n FROM {name}") == (1, "primary")
        assert read(connection, f"SELECT n FROM {names[0]}") == (0, "standby")


def make_tables(market, kind, count):
    names = [f"{kind}_{number}" for number in range(count)]
    market.sql("".join(f"CREATE TABLE {name} (n int); INSERT INTO {name} VALUES (0);"
                       for name in names))
    market.wait_until_caught_up()
    return names


def is_known(gateway, table):
    with gateway.connect() as connection:
        return read(connection, f"SELECT n FROM {table}")[1] == "standby"
