"""Rules' durability: synchronous_commit of the transactions that write to their tables."""

import concurrent.futures

import pytest

from harness import wait_for
from harness.anomaly import commits_wait_for_a_ghost, hanging_commit, paused

pytestmark = pytest.mark.gateway

DURABLE = {"tables": "shop.inventory", "write": "remote_apply"}
HURRIED = {"tables": "shop.product", "write": "local"}


def read(connection, query):
    return connection.execute(query).fetchone()[0]


def synchronous_commit(connection):
    return read(connection, "SHOW synchronous_commit")


def test_a_transaction_gets_the_durability_of_what_it_writes(with_rules):
    with with_rules(DURABLE, HURRIED).connect() as connection:
        for statement in ("UPDATE shop.inventory SET n = n + 1",
                          "INSERT INTO shop.inventory VALUES (7)",
                          "WITH w AS (DELETE FROM shop.inventory WHERE n = 7 RETURNING n) "
                          "INSERT INTO other.inventory SELECT n FROM w",
                          "UPDATE shop.stock SET n = n + 1"):
            connection.execute("BEGIN")
            connection.execute(statement)
            assert synchronous_commit(connection) == "remote_apply", statement
            connection.execute("COMMIT")
            assert synchronous_commit(connection) == "on", "it is of the transaction alone"
        connection.execute("BEGIN")
        connection.execute("INSERT INTO other.inventory SELECT n FROM shop.inventory")
        assert synchronous_commit(connection) == "on", "that reads what the rule speaks of"
        connection.execute("COMMIT")


def test_the_strongest_durability_of_a_transaction_counts(with_rules):
    with with_rules(DURABLE, HURRIED).connect() as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE shop.product SET n = n + 1")
        # What else it may have written, or will, is not to be hurried.
        assert synchronous_commit(connection) == "on"
        connection.execute("UPDATE shop.inventory SET n = n + 1")
        assert synchronous_commit(connection) == "remote_apply"
        connection.execute("UPDATE shop.product SET n = n + 1")
        assert synchronous_commit(connection) == "remote_apply"
        connection.execute("COMMIT")


def test_a_lone_statement_gets_it_too(with_rules, shop):
    """The commit waits for a standby that is not there, or does not, as the rule says."""
    gateway = with_rules(DURABLE, HURRIED)
    with gateway.connect() as hurried, gateway.connect() as durable:
        durable.execute("SET synchronous_commit = local")
        with hanging_commit(shop, durable, "UPDATE shop.inventory SET n = 5") as (commit, _):
            for number in range(1, 4):
                hurried.execute("UPDATE shop.product SET n = %s", (number,))
            assert not commit.done()
            assert shop.sql("SELECT n FROM shop.inventory") == 0
        assert commit.result(10).rowcount == 1
        assert synchronous_commit(durable) == "local"
        assert synchronous_commit(hurried) == "on"


def test_remote_apply_waits_until_the_standby_shows_it(with_rules, shop):
    gateway = with_rules(DURABLE)
    standby = shop.standbys[0]
    with commits_wait_for_a_ghost(shop.primary), \
            concurrent.futures.ThreadPoolExecutor(1) as worker, gateway.connect() as connection:
        shop.primary.set(synchronous_standby_names="standby1")
        with paused(standby):
            connection.execute("UPDATE other.inventory SET n = 1")
            commit = worker.submit(connection.execute, "UPDATE shop.inventory SET n = 1")
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            wait_for(lambda: shop.primary.sql(waiting), "the commit to wait")
        commit.result(10)
        assert standby.sql("SELECT n FROM shop.inventory", dbname="app") == 1


def test_durability_does_not_stay_with_the_server_connection(with_rules, shop):
    gateway = with_rules(DURABLE)
    gateway.reload({"pool": {"size": 1}})
    with gateway.connect() as one, gateway.connect() as other:
        for _ in range(3):
            one.execute("UPDATE shop.inventory SET n = n + 1")
            assert synchronous_commit(other) == "on"
            one.execute("BEGIN")
            one.execute("UPDATE shop.inventory SET n = n + 1")
            one.execute("ROLLBACK")
            assert synchronous_commit(other) == "on"
