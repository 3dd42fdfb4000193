"""Rules: which tables and clients get which level, durability and nodes."""

import concurrent.futures
import time

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import hanging_commit, paused
from harness.gateway import route

pytestmark = pytest.mark.gateway

STOCK = {"name": "stock", "tables": ["shop.inventory", "ledger.*"], "read": "strong"}


def read(connection, query):
    return connection.execute(query).fetchone()[0]


def role_of(connection, query):
    connection.execute(query)
    return route(connection).role


# --- which statements and clients --------------------------------------------------------------


@pytest.mark.parametrize("query", [
    "SELECT n FROM shop.inventory",
    'SELECT n FROM "shop"."inventory" WHERE n = 0',
    "SELECT n FROM shop.stock",
    "SELECT n FROM shop.stocks",
    "SELECT shop.in_stock()",
    "SELECT shop.hidden()",
    "SELECT n FROM ledger.entry",
    "SELECT n FROM shop.entry_1",
    "SELECT p.n FROM shop.product p JOIN shop.inventory i USING (n)",
    "SELECT n FROM shop.product WHERE n IN (SELECT n FROM shop.inventory)",
    "WITH i AS (SELECT n FROM shop.inventory) SELECT p.n FROM shop.product p, i",
])
def test_whatever_reads_a_rules_table_gets_its_level(with_rules, shop, query):
    gateway = with_rules(STOCK)
    with paused(*shop.standbys), gateway.connect(level="eventual") as connection:
        connection.execute(query)
        where = route(connection)
        assert where.role == "primary"
        assert "strong" in where.level and "stock" in where.text


@pytest.mark.parametrize("query", [
    "SELECT n FROM shop.product", "SELECT n FROM other.inventory", "SELECT count(*) FROM pg_class",
])
def test_what_reads_none_of_them_does_not(with_rules, query):
    with with_rules(STOCK).connect() as connection:
        assert role_of(connection, query) == "standby"
        assert "stock" not in route(connection).text


def test_a_name_without_schema_is_looked_up_as_postgresql_does(with_rules):
    with with_rules(STOCK).connect() as connection:
        connection.execute("SET search_path = other, shop")
        assert role_of(connection, "SELECT n FROM inventory") == "standby"
        connection.execute("SET search_path = shop, other")
        assert role_of(connection, "SELECT n FROM inventory") == "primary"
        connection.execute("RESET search_path")
    with with_rules(STOCK).connect(options="-c search_path=shop") as connection:
        assert role_of(connection, "SELECT n FROM inventory") == "primary"


def test_rules_see_what_was_committed_before(with_rules, shop):
    with with_rules(STOCK).connect() as connection, paused(*shop.standbys):
        for table in ("shop.inventory", "shop.product"):
            shop.sql(f"UPDATE {table} SET n = 1")
        assert read(connection, "SELECT n FROM shop.product") == 0
        assert read(connection, "SELECT n FROM shop.inventory") == 1
        both = "SELECT p.n + i.n FROM shop.product p, shop.inventory i"
        assert read(connection, both) == 2


@pytest.mark.parametrize("rule, matching, other", [
    ({"role": "alice"}, {"user": "alice"}, {"user": "postgres"}),
    ({"role": ["bob", "al*"]}, {"user": "alice"}, {"user": "postgres"}),
    ({"application_name": "till-*"}, {"application_name": "till-7"},
     {"application_name": "web"}),
    ({"database": "app", "role": "alice"}, {"user": "alice"}, {"user": "postgres"}),
    ({"tables": "product", "role": "alice"}, {"user": "alice"}, {"user": "postgres"}),
])
def test_a_rule_speaks_of_the_clients_that_it_names(with_rules, rule, matching, other):
    gateway = with_rules({"read": "strong", **rule})
    query = "SELECT n FROM shop.product"
    with gateway.connect(**matching) as connection:
        assert role_of(connection, query) == "primary"
    with gateway.connect(**other) as connection:
        assert role_of(connection, query) == "standby"


def test_a_rule_of_another_database_says_nothing(with_rules):
    with with_rules({"database": "postgres", "read": "strong"}).connect() as connection:
        assert role_of(connection, "SELECT n FROM shop.product") == "standby"


def test_the_first_rule_that_matches_a_table_decides(with_rules):
    gateway = with_rules({"tables": "shop.product", "read": "session"},
                         {"tables": "shop.*", "read": "strong"})
    with gateway.connect() as connection:
        assert role_of(connection, "SELECT n FROM shop.product") == "standby"
        assert role_of(connection, "SELECT n FROM shop.inventory") == "primary"
        assert role_of(connection, "SELECT 1 FROM shop.product, shop.inventory") == "primary"


@pytest.mark.parametrize("asked", ["eventual", "bounded(1h)", "session", "policy"])
def test_a_rules_level_is_a_minimum(with_rules, asked):
    with with_rules(STOCK).connect(level=asked) as connection:
        assert role_of(connection, "SELECT n FROM shop.inventory") == "primary"


def test_who_asks_for_more_than_the_rule_gets_more(with_rules, shop):
    gateway = with_rules({"tables": "shop.product", "read": "eventual"})
    query = "SELECT n FROM shop.product"
    with paused(*shop.standbys), gateway.connect() as connection:
        connection.execute("UPDATE shop.product SET n = 1")
        # Weaker than the default, for who asks for nothing.
        assert read(connection, query) == 0
        assert read(connection, f"/* tidemark.level='session' */ {query}") == 1
        connection.execute("SET tidemark.level = 'read_your_writes'")
        assert read(connection, query) == 1


def test_a_change_of_the_rules_holds_for_the_next_client(with_rules):
    gateway = with_rules(STOCK)
    query = "SELECT n FROM shop.product"
    with gateway.connect() as before:
        assert role_of(before, query) == "standby"
        gateway.reload({"consistency": {"rules": [STOCK | {"tables": "shop.*"}]}})

        def the_next_is_strong():
            with gateway.connect() as after:
                return role_of(after, query) == "primary"

        wait_for(the_next_is_strong, "the new rule")
        before.execute(query)


def test_a_read_only_transaction_that_begins_with_a_rules_table_keeps_the_rule(with_rules, shop):
    with with_rules(STOCK).connect() as connection, paused(*shop.standbys):
        shop.sql("UPDATE shop.inventory SET n = 1")
        connection.execute("BEGIN READ ONLY")
        assert read(connection, "SELECT n FROM shop.inventory") == 1
        assert read(connection, "SELECT n FROM shop.product") == 0
        connection.execute("COMMIT")


def test_a_read_only_transaction_on_a_standby_is_not_taken_past_a_rule(with_rules, shop):
    with with_rules(STOCK).connect() as connection, paused(*shop.standbys):
        shop.sql("UPDATE shop.inventory SET n = 1")
        connection.execute("BEGIN READ ONLY")
        assert role_of(connection, "SELECT n FROM shop.product") == "standby"
        with pytest.raises(psycopg.errors.ActiveSqlTransaction) as raised:
            connection.execute("SELECT n FROM shop.inventory")
        assert "stock" in raised.value.diag.message_detail
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT n FROM shop.product")
        connection.execute("ROLLBACK")
        assert read(connection, "SELECT n FROM shop.inventory") == 1


# --- which nodes -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["tag", "address"])
def test_only_the_nodes_named_serve(with_rules, shop, how):
    last = shop.standbys[1].address
    gateway = with_rules(
        {"tables": "shop.product", "read": "eventual", "otherwise": "refuse",
         "from": "reporting" if how == "tag" else last},
        tags={"reporting": [last]})
    for _ in range(12):
        with gateway.connect() as connection:
            connection.execute("SELECT n FROM shop.product")
            assert route(connection).node == last
    shop.standbys[1].stop("fast")
    left_out = f"event=node_not_admitted node={last}"
    wait_for(lambda: left_out in gateway.log_text(), "the node to be left out")
    with gateway.connect() as connection:
        with pytest.raises(psycopg.errors.CannotConnectNow):
            connection.execute("SELECT n FROM shop.product")
        connection.execute("SELECT n FROM shop.inventory")


PRODUCT = {"tables": "shop.product", "read": "session", "from": "standbys"}


def test_otherwise_wait_waits_for_as_long_as_it_may(with_rules, shop):
    gateway = with_rules(PRODUCT | {"otherwise": "wait", "wait": "400ms"})
    query = "SELECT n FROM shop.product"
    with gateway.connect() as connection, paused(*shop.standbys):
        connection.execute("UPDATE shop.product SET n = 1")
        began = time.monotonic()
        with pytest.raises(psycopg.errors.CannotConnectNow) as raised:
            connection.execute(query)
        assert 0.35 < time.monotonic() - began < 3
        assert raised.value.diag.message_hint


def test_otherwise_wait_is_over_as_soon_as_a_standby_covers(with_rules, shop):
    gateway = with_rules(PRODUCT | {"otherwise": "wait", "wait": "20s"})
    with gateway.connect() as connection, concurrent.futures.ThreadPoolExecutor(1) as worker:
        with paused(*shop.standbys):
            connection.execute("UPDATE shop.product SET n = 1")
            answer = worker.submit(read, connection, "SELECT n FROM shop.product")
            with pytest.raises(concurrent.futures.TimeoutError):
                answer.result(0.3)
        assert answer.result(5) == 1
        assert route(connection).role == "standby"


def test_otherwise_refuse_does_not_wait_in_vain(with_rules, shop):
    gateway = with_rules(PRODUCT | {"otherwise": "refuse", "wait": "20s"})
    with gateway.connect() as connection, paused(*shop.standbys):
        connection.execute("UPDATE shop.product SET n = 1")
        # That they stand still shows after a moment.
        wait_for(lambda: time.monotonic() and refused(connection), "a refusal", 10)
        began = time.monotonic()
        assert refused(connection)
        assert time.monotonic() - began < 3


def refused(connection):
    try:
        connection.execute("SELECT n FROM shop.product")
    except psycopg.errors.CannotConnectNow:
        return True
    return False


def test_otherwise_primary_goes_there_in_time(with_rules, shop):
    gateway = with_rules({"tables": "shop.product", "read": "session", "otherwise": "primary",
                          "wait": "200ms"}, otherwise="refuse")
    with gateway.connect() as connection, paused(*shop.standbys):
        connection.execute("UPDATE shop.product SET n = 1")
        began = time.monotonic()
        assert read(connection, "SELECT n FROM shop.product") == 1
        assert time.monotonic() - began < 2
        assert route(connection).role == "primary"
        connection.execute("UPDATE shop.inventory SET n = 1")
        with pytest.raises(psycopg.errors.CannotConnectNow):
            connection.execute("SELECT n FROM shop.inventory")


# --- strong reads on standbys ------------------------------------------------------------------

STRONG_ON_STANDBYS = {"tables": "shop.product", "read": "strong", "from": "standbys",
                      "otherwise": "wait", "wait": "5s"}


def test_strong_reads_on_standbys_see_what_anyone_committed_before(with_rules, shop):
    with with_rules(STRONG_ON_STANDBYS).connect() as connection:
        for number in range(1, 30):
            shop.sql(f"UPDATE shop.product SET n = {number}")
            assert read(connection, "SELECT n FROM shop.product") == number
            assert route(connection).role == "standby"


def test_strong_reads_on_standbys_wait_for_what_they_lack(with_rules, shop):
    gateway = with_rules(STRONG_ON_STANDBYS | {"wait": "300ms"})
    with gateway.connect() as connection, paused(*shop.standbys):
        shop.sql("UPDATE shop.product SET n = 1")
        with pytest.raises(psycopg.errors.CannotConnectNow):
            connection.execute("SELECT n FROM shop.product")


def test_p2_strong_reads_on_standbys_do_not_mix_with_reads_on_the_primary(with_rules, shop):
    """Nobody reads on the primary what a strong read on a standby has overtaken, whoever it is."""
    gateway = with_rules(STRONG_ON_STANDBYS)
    query = "SELECT n FROM shop.product"
    with gateway.connect() as writer, gateway.connect() as reader, gateway.connect() as other:
        with hanging_commit(shop, writer, "UPDATE shop.product SET n = 1") as (commit, _):
            wait_for(lambda: read(reader, query) == 1, "a standby to show the commit")
            for statement in (f"BEGIN; {query} FOR SHARE", f"{query} FOR UPDATE"):
                with pytest.raises(psycopg.errors.SerializationFailure):
                    other.execute(statement)
                other.execute("ROLLBACK")
            assert read(other, query) == 1
            assert route(other).role == "standby"
        commit.result(10)
