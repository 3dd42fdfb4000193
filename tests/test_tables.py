"""Which tables a statement touches, by a real server's catalogue: as `tidemark explain` tells."""

import re
import subprocess

import pytest

from harness.gateway import binary
from harness.wait import wait_for

pytestmark = pytest.mark.gateway

SHOP = """
SET check_function_bodies = off;
CREATE SCHEMA shop;
CREATE TABLE shop.products (id int PRIMARY KEY, price int);
CREATE VIEW shop.cheap AS SELECT * FROM shop.products WHERE price < 10;
CREATE VIEW shop.cheapest AS SELECT * FROM shop.cheap ORDER BY price LIMIT 1;
CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) FROM shop.products;

CREATE TABLE shop.users (id int PRIMARY KEY);
CREATE TABLE shop.orders (id int PRIMARY KEY, owner int REFERENCES shop.users ON DELETE CASCADE);
CREATE TABLE shop.lines (id int, owner int REFERENCES shop.orders ON DELETE SET NULL);

CREATE TABLE shop.events (at int, what text) PARTITION BY RANGE (at);
CREATE TABLE shop.events_1 PARTITION OF shop.events FOR VALUES FROM (1) TO (9)
  PARTITION BY RANGE (at);
CREATE TABLE shop.events_1_1 PARTITION OF shop.events_1 FOR VALUES FROM (1) TO (5);

CREATE TABLE shop.members (who name);
CREATE TABLE shop.documents (id int);
ALTER TABLE shop.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.documents
  USING (EXISTS (SELECT 1 FROM shop.members WHERE who = current_user));

CREATE TABLE shop.audited (id int);
CREATE TABLE shop.audited_copy () INHERITS (shop.audited);
CREATE FUNCTION shop.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER audit AFTER INSERT ON shop.audited_copy
  FOR EACH ROW EXECUTE FUNCTION shop.audit();

CREATE FUNCTION shop.old_style(int) RETURNS int STABLE LANGUAGE sql
  AS 'SELECT price FROM products WHERE id = $1';
CREATE FUNCTION shop.at_home(int) RETURNS int STABLE LANGUAGE sql
  SET search_path = shop, other, pg_temp
  AS 'SELECT price FROM products WHERE id = $1';
CREATE FUNCTION shop.atomic(int) RETURNS int STABLE LANGUAGE sql
  BEGIN ATOMIC SELECT price FROM shop.cheap WHERE id = $1; END;
CREATE FUNCTION shop.buy(int) RETURNS void LANGUAGE sql
  BEGIN ATOMIC INSERT INTO shop.orders VALUES ($1, shop.atomic($1)); END;
CREATE FUNCTION shop.returning(int) RETURNS int STABLE LANGUAGE sql
  RETURN (SELECT price FROM shop.products WHERE id = $1);
CREATE FUNCTION shop.hidden() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE PROCEDURE shop.restock() LANGUAGE sql AS 'UPDATE shop.products SET price = 1';
CREATE FUNCTION shop.larger(int, int) RETURNS int STABLE LANGUAGE sql
  AS 'SELECT max(price) FROM shop.products';
CREATE AGGREGATE shop.largest(int) (sfunc = shop.larger, stype = int);
CREATE OPERATOR shop.@@@ (leftarg = int, rightarg = int, function = shop.larger);

CREATE FUNCTION shop.next_number() RETURNS int LANGUAGE sql
  AS 'UPDATE shop.numbers SET n = n + 1 RETURNING n';
CREATE TABLE shop.numbers (n int);
CREATE TABLE shop.invoices (n int DEFAULT shop.next_number(), serial serial, at date DEFAULT now());

CREATE DOMAIN shop.numbered AS int DEFAULT shop.next_number();
CREATE DOMAIN shop.renumbered AS shop.numbered;
CREATE TABLE shop.receipts (n shop.renumbered);

CREATE SCHEMA other;
CREATE TABLE other.products (id int, price int);
"""


@pytest.fixture
def shop(cluster):
    cluster.sql(SHOP)


@pytest.fixture
def touched(shop, gateway):
    """touched(SQL) -> (tables read, tables written); "?" among them: perhaps others."""

    def ask(query):
        done = subprocess.run(
            [binary(), "explain", "--config", gateway.config_path, "--database", "app", query],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return _tables(done.stdout, "read"), _tables(done.stdout, "written")

    return ask


def _tables(explained, how):
    line = re.search(rf"^tables {how} in all: (.*)$", explained, re.M)
    if not line:
        return set()
    words = re.sub(r"perhaps any|; perhaps others", ", ?", line[1])
    return {word.removeprefix("shop.") for word in words.split(", ") if word}


def expect(touched, cases):
    for query, reads, writes in cases:
        assert touched(query) == (set(reads.split()), set(writes.split())), query


def test_behind_views_of_any_depth_and_policies(touched):
    expect(touched, [
        ("SELECT * FROM shop.cheapest", "cheapest cheap products", ""),
        ("UPDATE shop.cheap SET price = 2", "products", "cheap products"),
        ("SELECT * FROM shop.counted", "counted", ""),
        ("REFRESH MATERIALIZED VIEW shop.counted", "counted products", "counted"),
        ("SELECT * FROM shop.documents", "documents members", ""),
        ("DELETE FROM shop.documents", "members", "documents"),
        ("SELECT * FROM pg_stat_activity, information_schema.tables", "", ""),
    ])


def test_behind_functions_in_sql(touched):
    expect(touched, [
        ("SELECT shop.old_style(1)", "products other.products", ""),
        ("SELECT shop.at_home(1)", "products other.products", ""),
        ("SELECT shop.atomic(1)", "cheap products", ""),
        ("SELECT shop.returning(1)", "products", ""),
        ("SELECT shop.buy(1)", "orders cheap products", "orders"),
        ("SELECT shop.hidden()", "?", ""),
        ("CALL shop.restock()", "", "products"),
        ("SELECT shop.largest(n) FROM shop.numbers", "numbers products", ""),
        ("SELECT 1 OPERATOR(shop.@@@) 2", "products", ""),
    ])


def test_a_functions_own_search_path_counts_where_everybody_may_use_the_schema(cluster, touched):
    cluster.sql("GRANT USAGE ON SCHEMA shop TO PUBLIC")
    expect(touched, [("SELECT shop.at_home(1)", "products", ""),
                     ("SELECT shop.old_style(1)", "products other.products", "")])


def test_partitions_touch_their_ancestors(touched):
    expect(touched, [
        ("SELECT * FROM shop.events_1_1", "events_1_1 events_1 events", ""),
        ("INSERT INTO shop.events VALUES (1)", "", "events"),
        ("INSERT INTO shop.events_1 VALUES (1)", "", "events_1 events"),
    ])


def test_foreign_keys_defaults_and_triggers_write_other_tables(touched):
    expect(touched, [
        ("DELETE FROM shop.users", "", "users orders lines"),
        ("UPDATE shop.users SET id = 2", "", "users"),
        ("INSERT INTO shop.invoices DEFAULT VALUES", "", "invoices numbers"),
        ("INSERT INTO shop.receipts DEFAULT VALUES", "", "receipts numbers"),
        ("DELETE FROM shop.invoices", "", "invoices"),
        ("INSERT INTO shop.audited_copy VALUES (1)", "?", "audited audited_copy ?"),
        ("INSERT INTO shop.audited VALUES (1)", "?", "audited ?"),
        ("DELETE FROM shop.audited_copy", "", "audited audited_copy"),
    ])


def test_the_catalogue_is_loaded_again_when_what_is_touched_changes(cluster, shop, gateway):
    """Changes that leave pg_class as it is."""
    with gateway.connect() as connection:
        connection.execute("SELECT 1")
    settled = wait_for(lambda: _loads(gateway), "the catalogue is loaded")
    for change in (
            "ALTER TABLE shop.audited_copy DISABLE TRIGGER audit",
            "ALTER TABLE shop.orders ADD FOREIGN KEY (id) REFERENCES shop.users ON DELETE CASCADE",
            "ALTER TABLE shop.invoices ALTER n SET DEFAULT 7",
            "CREATE OR REPLACE FUNCTION shop.hidden() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "GRANT USAGE ON SCHEMA shop TO PUBLIC"):
        cluster.sql(change)
        wait_for(lambda: _loads(gateway) > settled, f"it is loaded after: {change}")
        settled = _loads(gateway)


def _loads(gateway):
    return gateway.log_path.read_text().count("catalogue_loaded database=app")
