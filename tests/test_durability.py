"""Rules' durability: synchronous_commit of the transactions that write to their tables."""

import concurrent.futures

import psycopg
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


# Each item is a message of its own; the last, or the only one, commits a write to shop.inventory.
WRITES = {
    "the last of several": ["UPDATE other.inventory SET n = 5; UPDATE shop.inventory SET n = 5"],
    "the first of several": ["UPDATE shop.inventory SET n = 5; UPDATE other.inventory SET n = 5"],
    "transaction in a message": [
        "BEGIN; UPDATE other.inventory SET n = 5; UPDATE shop.inventory SET n = 5; COMMIT"],
    "view": ["UPDATE shop.stock SET n = 5"],
    "partition": ["INSERT INTO shop.entry_1 VALUES (5)"],
    "parent": ["INSERT INTO ledger.entry VALUES (5)"],
    "merge": ["MERGE INTO shop.inventory i USING shop.product p ON true "
              "WHEN MATCHED THEN UPDATE SET n = 9"],
    "truncate": ["TRUNCATE shop.inventory"],
    "do": ["DO $$ BEGIN UPDATE shop.inventory SET n = 5; END $$"],
    "function": ["SELECT shop.bump()"],
    "trigger": ["UPDATE ledger.audited SET n = 5"],
    "execute": ["PREPARE w AS UPDATE shop.inventory SET n = 5", "EXECUTE w"],
    "execute at once": ["PREPARE w AS UPDATE shop.inventory SET n = 5; EXECUTE w"],
    "behind a savepoint": ["BEGIN", "SAVEPOINT a", "UPDATE shop.inventory SET n = 5",
                           "ROLLBACK TO a", "UPDATE shop.inventory SET n = 6", "COMMIT"],
    "behind an error": ["BEGIN", "SAVEPOINT a", "UPDATE shop.inventory SET n = 1 / 0",
                        "ROLLBACK TO a", "UPDATE shop.inventory SET n = 6", "COMMIT"],
    "behind a failed one": ["UPDATE shop.inventory SET n = 1 / 0",
                            "UPDATE shop.inventory SET n = 6"],
    "committed in its message": ["BEGIN", "UPDATE other.inventory SET n = 5",
                                 "UPDATE shop.inventory SET n = 5; COMMIT"],
    "chained": ["BEGIN", "UPDATE other.inventory SET n = 5", "COMMIT AND CHAIN",
                "UPDATE shop.inventory SET n = 5", "COMMIT"],
    "two phases": ["BEGIN", "UPDATE shop.inventory SET n = 5", "PREPARE TRANSACTION 'ebb'",
                   "COMMIT PREPARED 'ebb'"],
    "behind DISCARD": ["UPDATE shop.product SET n = 6", "DISCARD ALL",
                       "UPDATE shop.inventory SET n = 5"],
    "weaker setting": ["SET synchronous_commit = off", "UPDATE shop.inventory SET n = 5"],
    "weaker set_config": ["SELECT set_config('synchronous_commit', 'off', false)",
                          "UPDATE shop.inventory SET n = 5"],
}
LOWERED = {
    "in the transaction": ["BEGIN", "UPDATE shop.inventory SET n = 5",
                           "SET LOCAL synchronous_commit = off", "COMMIT"],
    "behind a message": ["BEGIN; UPDATE shop.inventory SET n = 5",
                         "SET LOCAL synchronous_commit = off", "COMMIT"],
    "for the session": ["BEGIN", "UPDATE shop.inventory SET n = 5",
                        "SET synchronous_commit = off", "COMMIT"],
}

# There is no place in between where it could be raised again.
REFUSED = {
    "behind it": "UPDATE shop.inventory SET n = 5; SET synchronous_commit = off",
    "before it": "SET synchronous_commit = off; UPDATE shop.inventory SET n = 5",
    "amid a message": "BEGIN; UPDATE shop.inventory SET n = 5;"
                      "SET LOCAL synchronous_commit = off; COMMIT",
}


@pytest.fixture
def durable_client(with_rules, shop):
    """A client whose own commits wait for nobody, where shop.inventory and ledger.* say more."""
    shop.sql("""
        CREATE FUNCTION shop.bump() RETURNS int LANGUAGE plpgsql
          AS 'BEGIN UPDATE shop.inventory SET n = n + 1; RETURN 1; END';
        CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN UPDATE shop.inventory SET n = n + 1; RETURN NULL; END';
        CREATE TABLE ledger.audited (n int);
        CREATE TRIGGER note AFTER UPDATE ON ledger.audited EXECUTE FUNCTION shop.note()""")
    rule = DURABLE | {"tables": ["shop.inventory", "ledger.entry"]}
    with with_rules(rule).connect(options="-c synchronous_commit=local") as connection:
        yield connection


def run_all(connection, messages):
    for message in messages:
        try:
            connection.execute(message)
        except psycopg.errors.DivisionByZero:
            pass


def waits(shop, connection, work):
    """Whether a commit waits for a standby that is not there; it has come through by the end."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        with commits_wait_for_a_ghost(shop.primary):
            done = worker.submit(work, connection)
            wait_for(lambda: done.done() or shop.primary.sql(waiting), "the commit")
            waited = not done.done()
        done.result(20)
    return waited


@pytest.mark.parametrize("how", WRITES)
def test_it_is_kept_however_the_write_is_said(durable_client, shop, how):
    assert waits(shop, durable_client, lambda connection: run_all(connection, WRITES[how]))


@pytest.mark.parametrize("how", LOWERED)
def test_a_client_cannot_lower_it(durable_client, shop, how):
    assert waits(shop, durable_client, lambda connection: run_all(connection, LOWERED[how]))


@pytest.mark.parametrize("how", REFUSED)
def test_a_message_that_would_lower_it_is_refused(durable_client, how):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        durable_client.execute(REFUSED[how])


# Where it was raised ends before it is committed.
REFUSED_IN_A_TRANSACTION = [
    "COMMIT; UPDATE shop.inventory SET n = 5",
    "ROLLBACK; UPDATE shop.inventory SET n = 5",
    "COMMIT AND CHAIN; UPDATE shop.inventory SET n = 5",
    "ROLLBACK TO a; UPDATE shop.inventory SET n = 5; COMMIT",
]


def test_a_message_that_goes_on_behind_the_transaction_does_not_write_what_is_durable(
        durable_client, shop):
    for message in REFUSED_IN_A_TRANSACTION:
        run_all(durable_client, ["BEGIN", "SAVEPOINT a", "UPDATE other.inventory SET n = 5"])
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cannot end the open"):
            durable_client.execute(message)
        durable_client.execute("ROLLBACK")
        run_all(durable_client, ["BEGIN", "SAVEPOINT a", "UPDATE other.inventory SET n = 5"])
        durable_client.execute(message.replace("shop.inventory", "shop.product"))
        durable_client.execute("ROLLBACK")
    assert shop.sql("SELECT n FROM shop.inventory") == 0


def test_a_message_too_long_to_be_looked_at_does_not_either(durable_client, shop):
    update, space = "UPDATE shop.inventory SET n = n + 1", " " * (300 << 10)
    for goes_through in (update + space, f"COMMIT; {update}{space}; BEGIN"):
        assert waits(shop, durable_client, lambda connection: run_all(
            connection, ["BEGIN", "UPDATE other.inventory SET n = 5", goes_through, "COMMIT"]))
    run_all(durable_client, ["BEGIN", "UPDATE other.inventory SET n = 6"])
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cannot end the open"):
        durable_client.execute(f"ROLLBACK; {update}{space}")
    run_all(durable_client, ["ROLLBACK", "BEGIN", "UPDATE other.inventory SET n = 6"])
    with pytest.raises(psycopg.Error):
        durable_client.execute(f"{space}; ROLLBACK; {update}")
    assert durable_client.closed
    assert shop.sql("SELECT n FROM shop.inventory") == 2
    assert shop.sql("SELECT n FROM other.inventory") == 5


def copy(connection):
    with connection.cursor().copy("COPY shop.inventory FROM STDIN") as rows:
        rows.write("5\n")


def prepare(connection):
    for number in range(3):
        connection.execute("UPDATE shop.inventory SET n = %s", (number,), prepare=True)


def pipeline(connection):
    with connection.pipeline() as batch:
        connection.execute("UPDATE other.inventory SET n = 5")
        batch.sync()
        connection.execute("UPDATE other.inventory SET n = 6")
        connection.execute("UPDATE shop.inventory SET n = 5")


@pytest.mark.parametrize("work", [copy, prepare, pipeline])
def test_it_is_kept_in_other_protocols(durable_client, shop, work):
    assert waits(shop, durable_client, work)
    assert synchronous_commit(durable_client) == "local"


def test_what_no_rule_speaks_of_does_not_wait(durable_client, shop):
    assert not waits(shop, durable_client, lambda connection: run_all(
        connection, ["UPDATE other.inventory SET n = 5", "INSERT INTO shop.product VALUES (1)"]))
