"""Tokens: what a session requires, as text that another connection or gateway takes over."""

import psycopg
import pytest

from harness import Cluster, wait_for
from harness.anomaly import lsn, paused, wait_until_sampled
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"
KEY = "a key that gateways share"
WITH_KEY = {"consistency": {"token_key": KEY}}


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def token_of(connection):
    return read(connection, "SHOW tidemark.token")


def take_over(connection, token):
    connection.execute(f"SET tidemark.token = '{token}'")
    return connection


@pytest.fixture
def gateway(cluster, table, start_gateway):
    return start_gateway(cluster.nodes, WITH_KEY).wait_until_admitted(*cluster.standbys)


@pytest.fixture
def second_gateway(cluster, table, start_gateway):
    return start_gateway(cluster.nodes, WITH_KEY).wait_until_admitted(*cluster.standbys)


def test_a_token_is_shown_to_prepared_statements_in_a_transaction(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as writer, gateway.connect() as reader:
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        with writer.transaction():
            writer.execute("UPDATE t SET v = 2 WHERE k = 2")
            token = writer.execute("SHOW tidemark.token", prepare=True).fetchone()[0]
        assert read(take_over(reader, token)) == 1


def test_a_token_carries_a_write_to_another_connection(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as writer, gateway.connect() as reader:
        assert read(reader) == 0
        for number in range(1, 4):
            writer.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            take_over(reader, token_of(writer))
            assert read(reader) == number
            assert route(reader).role == "primary"


def test_a_token_carries_it_to_another_gateway(gateway, second_gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as writer, \
            second_gateway.connect() as reader, second_gateway.connect() as stranger:
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        take_over(reader, token_of(writer))
        assert read(reader) == 1
        assert read(stranger) == 0
    with gateway.connect() as writer, second_gateway.connect() as reader:
        writer.execute("UPDATE t SET v = 2 WHERE k = 1")
        take_over(reader, token_of(writer))

        def on_a_standby():
            assert read(reader) == 2
            return route(reader).role == "standby"

        wait_for(on_a_standby, "a standby to cover the token")


def test_a_token_carries_what_its_session_has_read(gateway, second_gateway, cluster, table):
    """What others wrote, too: who takes it over sees no less."""
    lacking, having = cluster.standbys
    with paused(lacking), second_gateway.connect() as reader:
        cluster.sql("UPDATE t SET v = 1 WHERE k = 1")
        having.wait_until_it_covers(cluster.sql("SELECT pg_current_wal_flush_lsn()::text"))

        def token_of_who_has_seen_it():
            with gateway.connect() as connection:
                return read(connection) == 1 and token_of(connection)

        take_over(reader, wait_for(token_of_who_has_seen_it, "a session to have seen it"))
        having.stop("fast")
        for _ in range(5):
            assert read(reader) == 1


def test_a_chain_of_sessions_is_causal(gateway, second_gateway, cluster, table):
    """A writes, B sees that and answers, C sees the answer and then also what it answers to."""
    with paused(*cluster.standbys), gateway.connect() as a, second_gateway.connect() as b, \
            gateway.connect() as c:
        a.execute("UPDATE t SET v = 1 WHERE k = 1")
        take_over(b, token_of(a))
        assert read(b) == 1
        b.execute("UPDATE t SET v = 2 WHERE k = 2")
        take_over(c, token_of(b))
        assert read(c, "SELECT v FROM t WHERE k = 2") == 2
        assert read(c) == 1


def test_an_older_token_takes_nothing_away(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as writer, gateway.connect() as reader:
        older = token_of(writer)
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        take_over(reader, token_of(writer))
        take_over(reader, older)
        assert read(reader) == 1
        take_over(writer, older)
        assert read(writer) == 1


def test_the_token_comes_at_the_end_of_each_transaction_to_who_asks(gateway, cluster, table):
    """As a ParameterStatus, as servers report theirs: it costs no round trip."""
    with gateway.connect() as silent, \
            gateway.connect(options="-c tidemark.report_token=on") as writer:
        with paused(*cluster.standbys):
            silent.execute("UPDATE t SET v = 7 WHERE k = 7")
            assert silent.pgconn.parameter_status(b"tidemark.token") is None
            told = []
            for number in range(1, 4):
                writer.execute("BEGIN")
                writer.execute(f"UPDATE t SET v = {number} WHERE k = 1")
                before = writer.pgconn.parameter_status(b"tidemark.token")
                writer.execute("COMMIT")
                told.append(writer.pgconn.parameter_status(b"tidemark.token").decode())
                assert told[-1] != (before or b"").decode()
                with gateway.connect() as reader:
                    assert read(take_over(reader, told[-1])) == number
            writer.execute("UPDATE t SET v = 4 WHERE k = 1")
            last = writer.pgconn.parameter_status(b"tidemark.token").decode()
            with gateway.connect() as reader:
                assert read(take_over(reader, last)) == 4


def test_who_asks_later_is_told_from_then_on(gateway, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        connection.execute("SET tidemark.report_token = on")
        connection.execute("UPDATE t SET v = 2 WHERE k = 1")
        assert connection.pgconn.parameter_status(b"tidemark.token")
        assert connection.execute("SHOW tidemark.report_token").fetchone() == ("on",)


def test_a_token_comes_in_the_startup_packet_and_in_a_comment(gateway, cluster, table):
    with paused(*cluster.standbys), gateway.connect() as writer:
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(writer)
        with gateway.connect(options=f"-c tidemark.token={token}") as reader:
            assert read(reader) == 1
        with gateway.connect() as reader:
            assert read(reader, f"/* tidemark.token='{token}' */ {READ}") == 1


def test_a_token_for_a_transaction_that_cannot_keep_it_is_refused(gateway, cluster, table):
    """A standby serves the transaction, at a snapshot from before."""
    with paused(*cluster.standbys), gateway.connect() as writer, gateway.connect() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        assert read(reader) == 0 and route(reader).role == "standby"
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(writer)
        with pytest.raises(psycopg.Error):
            take_over(reader, token)
            print("it was taken over, and what was read is", read(reader))
        reader.execute("ROLLBACK")
        take_over(reader, token)
        assert read(reader) == 1


def refusal_of(gateway, token):
    """How a gateway refuses a token: its SQLSTATE and message."""
    with gateway.connect() as connection:
        with pytest.raises(psycopg.Error) as raised:
            take_over(connection, token)
            read(connection)
        # The connection goes on, as if it had never been asked.
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert read(connection) is not None
        return raised.value.sqlstate, raised.value.diag.message_primary


def test_what_is_no_token_is_refused(gateway, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(connection)
    for wrong in ("x", "42", token[1:], token.upper(), token + token):
        assert refusal_of(gateway, wrong)[0] == "22023"


def test_a_token_that_is_cut_short_is_refused(gateway, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(connection)
    for length in range(5, len(token), 7):
        state, message = refusal_of(gateway, token[:length])
        assert state == "22023", message


def test_a_token_that_was_changed_is_refused(gateway, table):
    with gateway.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(connection)
    for at in range(5, len(token) - 1, 5):
        forged = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
        state, message = refusal_of(gateway, forged)
        assert state == "22023", message


def test_a_token_of_another_key_is_refused(gateway, cluster, table, start_gateway):
    other = start_gateway(cluster.nodes, {"consistency": {"token_key": KEY + "!"}})
    other.wait_until_admitted(*cluster.standbys)
    with other.connect() as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        state, message = refusal_of(gateway, token_of(connection))
    assert state == "22023" and "key" in message


def test_without_a_key_tokens_are_good_at_their_own_gateway_only(
        gateway, cluster, table, start_gateway):
    lone = start_gateway(cluster.nodes).wait_until_admitted(*cluster.standbys)
    with paused(*cluster.standbys), lone.connect() as writer, lone.connect() as reader:
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        token = token_of(writer)
        assert read(take_over(reader, token)) == 1
    assert refusal_of(gateway, token)[0] == "22023"


def token_from(cluster, start_gateway):
    """A token of a gateway with the same key in front of another cluster."""
    with start_gateway(cluster.nodes, WITH_KEY).connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS n (n int)")
        return token_of(connection)


def test_a_token_of_another_system_is_refused(gateway, start_gateway):
    stranger = Cluster(standbys=0, new_identity=True)
    try:
        state, message = refusal_of(gateway, token_from(stranger, start_gateway))
    finally:
        stranger.destroy()
    assert state == "22023" and "another cluster" in message


def test_a_token_of_the_future_is_refused(gateway, cluster, start_gateway):
    """Of a copy of this system that has gone on writing; as after a restore from a backup."""
    copy = Cluster(standbys=0)
    try:
        copy.sql("CREATE TABLE n (n int)")
        while lsn(copy.primary.lsn()) <= lsn(cluster.primary.lsn()):
            copy.sql("INSERT INTO n SELECT generate_series(1, 100000)")
        state, message = refusal_of(gateway, token_from(copy, start_gateway))
    finally:
        copy.destroy()
    assert state == "22023" and "beyond the end" in message


@pytest.fixture
def failing_over(fresh_cluster, start_gateway):
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int);"
                      "INSERT INTO t SELECT k, 0 FROM generate_series(1, 10) k")
    fresh_cluster.wait_until_caught_up()
    gateway = start_gateway(fresh_cluster.nodes, WITH_KEY)
    return gateway.wait_until_admitted(*fresh_cluster.standbys)


def promote(cluster, gateway, standby):
    cluster.primary.kill9()
    cluster.fail_over_to(standby)
    wait_for(lambda: (gateway.sql("UPDATE t SET v = 1 WHERE k = 2"), True)[1], "the new primary",
             20, ignore=psycopg.Error)


def answer_to(gateway, token):
    """What a connection that takes the token over reads, or the SQLSTATE; then what it reads."""
    def ask():
        with gateway.connect() as connection:
            try:
                return read(take_over(connection, token)), read(connection)
            except (psycopg.errors.CannotConnectNow, psycopg.errors.SerializationFailure):
                return None
            except psycopg.Error as error:
                return error.sqlstate, read(connection)

    return wait_for(ask, "an answer after the failover")


def test_a_token_from_before_a_promotion_is_good_for_what_survived(failing_over, fresh_cluster):
    gateway = failing_over
    with gateway.connect() as writer:
        writer.execute("UPDATE t SET v = 5 WHERE k = 1")
        token = token_of(writer)
    fresh_cluster.wait_until_caught_up()
    wait_until_sampled(*fresh_cluster.nodes)
    promote(fresh_cluster, gateway, fresh_cluster.standbys[0])
    assert answer_to(gateway, token) == (5, 5)


def test_f1_a_token_of_writes_that_a_failover_lost_is_told_so(failing_over, fresh_cluster):
    gateway = failing_over
    _, standby, other = fresh_cluster.nodes
    other.kill9()
    standby.cut_upstream()
    with gateway.connect() as writer:
        writer.execute("UPDATE t SET v = 5 WHERE k = 1")
        token = token_of(writer)
    promote(fresh_cluster, gateway, standby)
    assert answer_to(gateway, token) == ("TM001", 0)
