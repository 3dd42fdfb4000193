"""What a promotion leaves behind: anomalies F1 to F5 on real clusters."""

import contextlib

import psycopg
import pytest

from harness import wait_for
from harness.anomaly import (
    floor_of, frozen, lsn, paused, rewind, wait_until_floor, wait_until_sampled)
from harness.gateway import route

pytestmark = pytest.mark.gateway

READ = "SELECT v FROM t WHERE k = 1"


def read(connection, query=READ):
    return connection.execute(query).fetchone()[0]


def retry(gateway, query):
    """Runs a statement on new connections until it works: an outage that must end."""
    return wait_for(lambda: (gateway.sql(query), True)[1], f"{query!r} to work", 20,
                    ignore=psycopg.Error)


def first_answer(connection, query=READ):
    """The value that is read once there is a primary again, or the error that is none of that."""
    def ask():
        try:
            return (read(connection, query),)
        except (psycopg.errors.CannotConnectNow, psycopg.errors.SerializationFailure):
            return None
        except psycopg.Error as error:
            return (error,)

    return wait_for(ask, "an answer after the failover")[0]


def told(connection):
    """The SQLSTATE of the first answer after a failover, where that is an error."""
    answer = first_answer(connection)
    return getattr(answer, "sqlstate", None) or f"no error: {answer}"


def write_past(gateway, node, position):
    """Commits on the new primary until its log is longer than the lost one was."""
    while lsn(node.lsn()) <= lsn(position):
        retry(gateway, "UPDATE t SET v = v + 1 WHERE k = 2")


@pytest.fixture
def gateway(fresh_cluster, start_gateway):
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int);"
                      "INSERT INTO t SELECT k, 0 FROM generate_series(1, 10) k")
    fresh_cluster.wait_until_caught_up()
    return start_gateway(fresh_cluster.nodes).wait_until_admitted(*fresh_cluster.standbys)


@pytest.mark.parametrize("known", [False, True], ids=["unsampled", "sampled"])
def test_f1_writes_that_a_failover_lost_are_said_to_be_lost(gateway, fresh_cluster, known):
    primary, standby, other = fresh_cluster.nodes
    other.kill9()
    with gateway.connect() as connection:
        assert read(connection) == 0
        standby.cut_upstream()
        for number in range(1, 6):
            connection.execute(f"UPDATE t SET v = {number} WHERE k = 1")
        written = primary.lsn()
        if known:
            wait_until_floor(connection, READ, written)
            wait_until_sampled(primary)
        primary.kill9()
        fresh_cluster.fail_over_to(standby)
        write_past(gateway, standby, written)
        assert told(connection) == "TM001"
        # Said once; the session goes on from what there is.
        assert read(connection) == 0


def test_f1_rows_that_a_failover_lost_are_said_to_be_lost_to_who_read_them(
        gateway, fresh_cluster):
    primary, standby, other = fresh_cluster.nodes
    standby.cut_upstream()
    primary.sql("UPDATE t SET v = 5 WHERE k = 1", dbname="app")
    fresh_cluster.standbys[1].wait_until_it_covers(primary.lsn())

    def reader_of_the_other():
        connection = gateway.connect()
        if read(connection) == 5:
            return connection
        return connection.close()

    with wait_for(reader_of_the_other, "a session to be served by the standby ahead") as reader:
        assert route(reader).node == other.address
        written = primary.lsn()
        wait_until_floor(reader, READ, written)
        wait_until_sampled(other)
        primary.kill9()
        other.kill9()
        fresh_cluster.fail_over_to(standby)
        write_past(gateway, standby, written)
        assert told(reader) == "TM002"
        assert read(reader) == 0


def test_f1_a_session_whose_writes_survived_is_told_nothing(gateway, fresh_cluster):
    primary, standby, _ = fresh_cluster.nodes
    with gateway.connect() as writer, gateway.connect() as reader:
        writer.execute("UPDATE t SET v = 1 WHERE k = 1")
        fresh_cluster.wait_until_caught_up()
        for connection in (writer, reader):
            wait_until_floor(connection, READ, primary.lsn())
            wait_for(lambda c=connection: read(c) == 1 and route(c).role == "standby",
                     "a standby to serve the session")
        wait_until_sampled(*fresh_cluster.nodes)
        primary.kill9()
        fresh_cluster.fail_over_to(standby)
        write_past(gateway, standby, standby.lsn())
        for connection in (writer, reader):
            assert first_answer(connection, "/* tidemark.level='strong' */ " + READ) == 1
            assert first_answer(connection) == 1


@pytest.mark.parametrize("archive", ["", "false"], ids=["", "archive"])
def test_f1_who_read_a_standby_while_there_was_no_primary_is_told_nothing(
        gateway, fresh_cluster, archive):
    """Nothing was lost. With an archive only who goes on on the new timeline can show that."""
    primary, standby, other = fresh_cluster.nodes
    for node in (standby, other):
        node.set(restore_command=archive)
    primary.kill9()
    for node in (standby, other):
        wait_for(lambda n=node: not n.sql("SELECT count(*) FROM pg_stat_wal_receiver"),
                 f"{node} to lose its upstream")
    with contextlib.ExitStack() as readers:
        connections = [readers.enter_context(gateway.connect()) for _ in range(6)]
        served = set()
        for connection in connections:
            assert read(connection) == 0
            served.add(route(connection).node)
        assert served == {standby.address, other.address}
        wait_until_sampled(standby, other)
        promoted = [c for c in connections if route(c).node == standby.address]
        fresh_cluster.fail_over_to(standby)
        write_past(gateway, standby, standby.lsn())
        for connection in promoted if archive else connections:
            assert first_answer(connection) == 0


def test_f2_a_primary_of_an_older_timeline_is_not_served_from(gateway, fresh_cluster):
    """The old primary still runs, accepts writes, and has the higher position."""
    old, standby, other = fresh_cluster.nodes
    other.kill9()
    standby.cut_upstream()
    for _ in range(50):
        old.sql("UPDATE t SET v = v + 100", dbname="app")
    fresh_cluster.fail_over_to(standby)
    assert lsn(old.lsn()) > lsn(standby.lsn())

    def writes_go_to_the_new_one():
        with gateway.connect() as connection:
            connection.execute("UPDATE t SET v = 1 WHERE k = 1")
            return route(connection).node == standby.address

    wait_for(writes_go_to_the_new_one, "writes on the new timeline", ignore=psycopg.Error)
    for _ in range(30):
        with gateway.connect(level="eventual") as connection:
            read(connection)
            assert route(connection).node == standby.address
        assert gateway.sql("SELECT max(v) FROM t", level="session") < 100


def test_f2_a_standby_left_on_the_timeline_of_a_mistake_does_not_take_the_primary_away(
        fresh_cluster, start_gateway):
    """A standby was promoted by mistake and is gone; one that had followed it is left behind."""
    primary, mistaken, left = fresh_cluster.nodes
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
    fresh_cluster.wait_until_caught_up()
    mistaken.promote()
    left.follow(mistaken)
    mistaken.sql("UPDATE t SET v = 666", dbname="app")
    wait_for(lambda: left.sql(READ, dbname="app") == 666, "the other one to follow the mistake")
    mistaken.sql("CHECKPOINT")
    left.wait_until_it_covers(mistaken.lsn())
    left.sql("CHECKPOINT")
    assert left.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 2
    gateway = start_gateway([primary, left])
    seen = 'reason="a standby follows a newer timeline, of which no primary has been seen"'
    wait_for(lambda: f"event=node_not_admitted node={primary.address} {seen}" in gateway.log_text(),
             "the primary to be in doubt while somebody feeds the newer timeline")
    with pytest.raises(psycopg.OperationalError, match="primary"):
        gateway.sql(READ, level="strong")
    mistaken.kill9()
    wait_for(lambda: not left.sql("SELECT count(*) FROM pg_stat_wal_receiver"),
             "the one left behind to lose its upstream")
    gateway = start_gateway([left, primary, mistaken])
    assert retry(gateway, "UPDATE t SET v = 1 WHERE k = 1")
    left_out = f"event=node_not_admitted node={left.address} reason=\"on a newer timeline"
    wait_for(lambda: left_out in gateway.log_text(), "the one left behind to be left out")
    for _ in range(30):
        with gateway.connect(level="eventual") as connection:
            assert read(connection) == 1
            assert route(connection).node == primary.address


def test_f3_the_new_timeline_is_known_before_the_control_file_says_it(gateway, fresh_cluster):
    """Until a checkpoint the control file goes on naming the timeline before the promotion."""
    primary, standby, other = fresh_cluster.nodes
    other.kill9()
    with gateway.connect() as connection:
        standby.cut_upstream()
        connection.execute("UPDATE t SET v = 5 WHERE k = 1")
        written = primary.lsn()
        wait_until_floor(connection, READ, written)
        wait_until_sampled(primary)
        with frozen(standby, "checkpointer"):
            primary.kill9()
            fresh_cluster.fail_over_to(standby)
            assert standby.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 1
            assert standby.sql(
                "SELECT pg_walfile_name(pg_current_wal_lsn())").startswith("00000002")
            write_past(gateway, standby, written)
            assert standby.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 1
            assert told(connection) == "TM001"
            assert f"primary_found node={standby.address} timeline=2" in gateway.log_text()


def test_f3_a_standby_cut_off_on_the_new_timeline_goes_on_serving(gateway, fresh_cluster):
    """Without a receiver only its control file is left, which names the timeline before."""
    primary, standby, other = fresh_cluster.nodes
    primary.kill9()
    fresh_cluster.fail_over_to(standby)
    retry(gateway, "UPDATE t SET v = 1 WHERE k = 1")
    other.wait_until_it_covers(standby.sql("SELECT pg_current_wal_flush_lsn()::text"))
    gateway.wait_until_admitted(other)
    log_before = gateway.log_text()
    other.cut_upstream()
    assert other.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 1
    wait_until_sampled(other)
    gateway.wait_until_admitted(other)
    assert f"node_not_admitted node={other.address}" not in gateway.log_text()[len(log_before):]


def test_f4_a_promoted_standby_reports_what_it_writes_and_not_what_it_once_replayed(
        gateway, fresh_cluster):
    primary, standby, other = fresh_cluster.nodes
    primary.kill9()
    fresh_cluster.fail_over_to(standby)
    retry(gateway, "UPDATE t SET v = 1 WHERE k = 1")
    other.wait_until_it_covers(standby.sql("SELECT pg_current_wal_flush_lsn()::text"))
    gateway.wait_until_admitted(other)
    with paused(other), gateway.connect() as session:
        frozen_position = standby.sql("SELECT pg_last_wal_replay_lsn()::text")
        for number in range(2, 8):
            session.execute(f"UPDATE t SET v = {number} WHERE k = 1")
            wait_until_floor(session, READ, standby.lsn())
            assert read(session) == number
        assert floor_of(session) > lsn(frozen_position)
        assert standby.sql("SELECT pg_last_wal_replay_lsn()::text") == frozen_position
        assert other.sql(READ, dbname="app") == 1


def test_f5_an_old_primary_rewound_too_early_is_never_served_from(gateway, fresh_cluster):
    """pg_rewind looks at the control file (F3), finds one timeline, and does nothing."""
    old, standby, other = fresh_cluster.nodes
    other.kill9()
    standby.cut_upstream()
    for number in range(1, 6):
        old.sql(f"UPDATE t SET v = {number} WHERE k = 1", dbname="app")
    old.stop("fast")
    with frozen(standby, "checkpointer"):
        fresh_cluster.fail_over_to(standby)
        assert "no rewind required" in rewind(old, standby)
    retry(gateway, "UPDATE t SET v = 1 WHERE k = 2")
    old.follow(standby).start()
    assert old.sql("SELECT pg_is_in_recovery()")
    assert old.sql(READ, dbname="app") == 5, "it serves the rows that were lost"
    left_out = f'event=node_not_admitted node={old.address} reason="beyond the switch point'
    wait_for(lambda: left_out in gateway.log_text(), "the old primary to be left out")
    for _ in range(30):
        with gateway.connect(level="eventual") as connection:
            assert read(connection) == 0
            assert route(connection).node == standby.address


def test_f5_a_standby_on_the_log_of_a_dead_branch_is_never_served_from(
        fresh_cluster, start_gateway):
    """Its control file names the timeline before; nobody streams to it, as nobody else is on it."""
    primary, standby, other = fresh_cluster.nodes
    other.kill9()
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
    standby.wait_until_it_covers(primary.lsn())
    with frozen(standby, "checkpointer"):
        standby.promote()
        standby.sql("UPDATE t SET v = 666", dbname="app")
        standby.kill9()
    primary.sql("UPDATE t SET v = 1", dbname="app")
    standby.follow(primary).start()
    assert standby.sql(READ, dbname="app") == 666, "it serves the rows of its dead branch"
    assert standby.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 1
    gateway = start_gateway([primary, standby])
    left_out = (f'event=node_not_admitted node={standby.address} '
                'reason="no WAL receiver, and log of more than one timeline"')
    wait_for(lambda: left_out in gateway.log_text(), "the standby to be left out")
    for _ in range(30):
        with gateway.connect(level="eventual") as connection:
            assert read(connection) == 1
            assert route(connection).node == primary.address


@pytest.fixture
def twins(fresh_cluster):
    """Two standbys promoted apart from each other: both begin timeline 2, one of them later."""
    primary, one, other = fresh_cluster.nodes
    fresh_cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)")
    fresh_cluster.wait_until_caught_up()
    one.cut_upstream()
    primary.sql("UPDATE t SET v = 1", dbname="app")
    other.wait_until_it_covers(primary.lsn())
    primary.kill9()
    for node in (one, other):
        node.promote()
        assert node.sql("SELECT pg_walfile_name(pg_current_wal_lsn())").startswith("00000002")
    for _ in range(50):
        other.sql("UPDATE t SET v = 666", dbname="app")
    return one, other


def becomes_standby(node, upstream):
    """Without a rewind: it keeps the log of its own branch."""
    node.sql("CHECKPOINT")
    node.stop("fast").follow(upstream).start()
    assert node.sql("SELECT pg_is_in_recovery()")


def test_f2_two_primaries_on_one_timeline_are_both_refused(twins, start_gateway):
    one, other = twins
    gateway = start_gateway([one, other], start=False).start(wait=False)
    for node in twins:
        refused = f'event=node_not_admitted node={node.address} reason="two primaries on the same'
        wait_for(lambda r=refused: r in gateway.log_text(), f"{node} to be refused")
    with pytest.raises(psycopg.OperationalError):
        gateway.sql("UPDATE t SET v = 2", dbname="app")
    assert one.sql(READ, dbname="app") == 0 and other.sql(READ, dbname="app") == 666
    becomes_standby(other, one)
    retry(gateway, "UPDATE t SET v = 2")
    assert one.sql(READ, dbname="app") == 2


def test_f5_a_standby_on_another_timeline_of_the_same_number_is_never_served_from(
        twins, start_gateway):
    one, other = twins
    becomes_standby(other, one)
    assert other.sql("SELECT timeline_id FROM pg_control_checkpoint()") == 2
    assert other.sql(READ, dbname="app") == 666, "it serves the rows of the other branch"
    gateway = start_gateway([other, one])
    left_out = (f'event=node_not_admitted node={other.address} '
                'reason="another timeline of the same number"')
    wait_for(lambda: left_out in gateway.log_text(), "the standby to be left out")
    for _ in range(30):
        with gateway.connect(level="eventual") as connection:
            assert read(connection) == 0
            assert route(connection).node == one.address
