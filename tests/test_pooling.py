"""Many clients on few server connections, and nothing of one client shows to another."""

import concurrent.futures
import contextlib
import select
import threading

import psycopg
import pytest

from harness import wait_for
from harness.gateway import route

POOL_SIZE = 3


@pytest.fixture
def small(cluster, table, start_gateway):
    """A gateway with so few server connections that clients must share them."""
    gateway = start_gateway(
        cluster.nodes, {"pool": {"size": POOL_SIZE, "wait_timeout": "10s"}})
    return gateway.wait_until_admitted(*cluster.standbys) if gateway.is_running else gateway


def sessions_on(node, extra=""):
    """How many of the gateway's client sessions this server has."""
    return node.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'app' "
                    "AND backend_type = 'client backend' "
                    f"AND application_name !~ '^tidemark' {extra}")


def in_threads(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as workers:
        return list(workers.map(work, range(count)))


@pytest.mark.gateway
def test_many_clients_share_few_server_connections(small, cluster):
    together = threading.Barrier(60)

    def work(number):
        with small.connect() as connection:
            together.wait(30)
            for _ in range(20):
                connection.execute("UPDATE t SET v = v + 1 WHERE k = %s", (number % 10 + 1,))
                connection.execute("SELECT v FROM t WHERE k = %s", (number % 10 + 1,))
            return sessions_on(cluster.primary)

    counts = in_threads(60, work)
    assert max(counts) <= POOL_SIZE
    assert cluster.sql("SELECT sum(v) FROM t") == 60 * 20


@pytest.mark.gateway
def test_idle_clients_hold_no_server_connection(small, cluster):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(small.connect()) for _ in range(100)]
        for connection in connections:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert all(sessions_on(node) <= POOL_SIZE for node in cluster.nodes)


def test_settings_follow_their_client(small):
    """Each client sets another value, all share the same few servers, each sees its own."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(small.connect()) for _ in range(12)]
        for number, connection in enumerate(connections):
            connection.execute(f"SET statement_timeout = {100000 + number}")
            connection.execute("SELECT set_config('app.user', %s, false)", (f"user {number}",))
        for _ in range(5):
            for number, connection in enumerate(connections):
                timeout, user = connection.execute(
                    "SELECT setting, current_setting('app.user') FROM pg_settings "
                    "WHERE name = 'statement_timeout'").fetchone()
                assert (timeout, user) == (str(100000 + number), f"user {number}")


def test_settings_do_not_leak_to_a_new_client(small):
    for number in range(2 * POOL_SIZE):
        with small.connect() as connection:
            connection.execute("SET work_mem = '77MB'; SET search_path = elsewhere")
    for _ in range(2 * POOL_SIZE):
        with small.connect() as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (10,)


def test_search_path_and_role_follow(small, cluster):
    cluster.sql("CREATE SCHEMA other; CREATE TABLE other.t (k int, v int);"
                "INSERT INTO other.t VALUES (1, 42); GRANT ALL ON SCHEMA other TO alice;"
                "GRANT SELECT ON other.t TO alice")
    cluster.wait_until_caught_up()
    with small.connect() as one, small.connect() as two:
        one.execute("SET search_path = other, public")
        two.execute("SET ROLE alice")
        for _ in range(10):
            assert one.execute("SELECT v FROM t WHERE k = 1").fetchone() == (42,)
            assert two.execute("SELECT current_user").fetchone() == ("alice",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                two.execute("SELECT v FROM public.t WHERE k = 1")
        two.execute("RESET ROLE")
        assert two.execute("SELECT v FROM t WHERE k = 1").fetchone() == (0,)


@pytest.mark.gateway
def test_a_new_default_of_search_path_is_for_new_sessions(small, cluster):
    """ALTER DATABASE … SET, and the client comes to a server connection opened since."""
    cluster.sql("CREATE SCHEMA other; CREATE TABLE other.t (k int, v int)")
    with small.connect() as before, small.connect() as holder:
        path = before.execute("SHOW search_path").fetchone()
        before.execute("UPDATE t SET v = 0 WHERE k = 1")
        holder.execute("BEGIN")
        holder.execute("UPDATE t SET v = 0 WHERE k = 2")
        cluster.sql("ALTER DATABASE app SET search_path = other")
        try:
            assert before.execute("UPDATE t SET v = 7 WHERE k = 1").rowcount == 1
            assert before.execute("SHOW search_path").fetchone() == path
            assert before.execute("SELECT v FROM t WHERE k = 1").fetchone() == (7,)
        finally:
            cluster.sql("ALTER DATABASE app RESET search_path")
    assert cluster.sql("SELECT count(*) FROM other.t") == 0


def test_settings_of_a_rolled_back_transaction_are_gone(small):
    with small.connect() as connection:
        connection.execute("SET work_mem = '5MB'")
        connection.execute("BEGIN; SET work_mem = '9MB'; ROLLBACK")
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        connection.execute("BEGIN")
        connection.execute("SET LOCAL work_mem = '11MB'")
        assert connection.execute("SHOW work_mem").fetchone() == ("11MB",)
        connection.execute("COMMIT")
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        connection.execute("RESET work_mem")
        assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)
        connection.execute("SET work_mem = '6MB'")
        connection.execute("DISCARD ALL")
        assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)


def test_settings_of_the_startup_packet_hold(small):
    options = {"options": "-c work_mem=13MB -c app.tenant=blue", "application_name": "starter"}
    with small.connect(**options) as connection, small.connect() as other:
        for _ in range(5):
            assert connection.execute("SHOW work_mem").fetchone() == ("13MB",)
            assert connection.execute("SHOW app.tenant").fetchone() == ("blue",)
            assert connection.execute("SHOW application_name").fetchone() == ("starter",)
            assert other.execute("SHOW work_mem").fetchone() == ("4MB",)


def test_prepared_statements_follow_their_client(small):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(small.connect()) for _ in range(10)]
        for number, connection in enumerate(connections):
            # The same name, another statement in each session.
            connection.pgconn.prepare(b"same", f"SELECT $1::int + {number}".encode())
        for _ in range(5):
            for number, connection in enumerate(connections):
                result = connection.pgconn.exec_prepared(b"same", [b"1000"])
                assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
                assert result.get_value(0, 0) == str(1000 + number).encode()


def test_a_prepared_statement_can_be_closed_and_named_again(small):
    with small.connect() as connection:
        for number in range(5):
            connection.pgconn.prepare(b"name", f"SELECT {number}".encode())
            assert connection.pgconn.exec_prepared(b"name", []).get_value(0, 0) == b"%d" % number
            connection.execute("DEALLOCATE name")
        twice = [connection.pgconn.prepare(b"name", b"SELECT 1") for _ in range(2)]
        codes = [r.error_field(psycopg.pq.DiagnosticField.SQLSTATE) for r in twice]
        assert codes == [None, b"42P05"]


def test_a_prepared_statement_survives_a_change_of_its_table(small, cluster):
    with small.connect() as connection:
        connection.pgconn.prepare(b"all", b"SELECT k, v FROM t WHERE k = 1")
        assert connection.pgconn.exec_prepared(b"all", []).ntuples == 1
        connection.execute("ALTER TABLE t ADD COLUMN w int DEFAULT 5")
        assert connection.pgconn.exec_prepared(b"all", []).ntuples == 1


def test_temporary_tables_stay_with_their_client(small, cluster):
    with small.connect() as one, small.connect() as two:
        one.execute("CREATE TEMP TABLE mine (n int)")
        one.execute("INSERT INTO mine VALUES (1)")
        for _ in range(10):
            two.execute("UPDATE t SET v = v + 1 WHERE k = 1")
            assert one.execute("SELECT n FROM mine").fetchone() == (1,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            two.execute("SELECT n FROM mine")
    with small.connect() as later:
        with pytest.raises(psycopg.errors.UndefinedTable):
            later.execute("SELECT n FROM mine")


def test_advisory_locks_stay_with_their_client(small):
    with small.connect() as one, small.connect() as two:
        assert one.execute("SELECT pg_try_advisory_lock(42)").fetchone() == (True,)
        for _ in range(10):
            assert two.execute("SELECT pg_try_advisory_lock(42)").fetchone() == (False,)
        assert one.execute("SELECT pg_advisory_unlock(42)").fetchone() == (True,)
        assert two.execute("SELECT pg_try_advisory_lock(42)").fetchone() == (True,)
    with small.connect() as three:
        free = "SELECT pg_try_advisory_lock(42)"
        wait_for(lambda: three.execute(free).fetchone()[0], "the lock of a client that left")


def test_listening_clients_hear_while_idle(small):
    with small.connect() as listener, small.connect() as speaker:
        listener.execute("LISTEN tide")
        for number in range(5):
            speaker.execute(f"NOTIFY tide, '{number}'")
        heard = []
        for notify in listener.notifies():
            heard.append(notify.payload)
            if len(heard) == 5:
                break
        assert heard == list("01234")


def test_a_cursor_with_hold_stays_with_its_client(small):
    with small.connect() as one, small.connect() as two:
        one.execute("DECLARE kept CURSOR WITH HOLD FOR SELECT k FROM t ORDER BY k")
        for k in range(1, 6):
            two.execute("UPDATE t SET v = v + 1")
            assert one.execute("FETCH kept").fetchone() == (k,)


@pytest.mark.gateway
def test_pinned_clients_that_fill_the_pool_make_the_next_one_wait(cluster, table, start_gateway):
    gateway = start_gateway(
        cluster.nodes, {"pool": {"size": POOL_SIZE, "wait_timeout": "500ms"}})
    with contextlib.ExitStack() as stack:
        holders = [stack.enter_context(gateway.connect(autocommit=False))
                   for _ in range(POOL_SIZE)]
        late = stack.enter_context(gateway.connect())
        for number, holder in enumerate(holders):
            holder.execute("UPDATE t SET v = 1 WHERE k = %s", (number + 1,))
        with pytest.raises(psycopg.errors.TooManyConnections) as raised:
            late.execute("UPDATE t SET v = 1 WHERE k = 9")
        assert raised.value.diag.sqlstate == "53300"
        assert raised.value.diag.message_hint
        holders[0].commit()
        assert late.execute("UPDATE t SET v = 1 WHERE k = 9").rowcount == 1


@pytest.mark.gateway
def test_waiting_clients_are_served_when_a_connection_is_free(small, cluster):
    with contextlib.ExitStack() as stack:
        holders = [stack.enter_context(small.connect(autocommit=False))
                   for _ in range(POOL_SIZE)]
        for number, holder in enumerate(holders):
            holder.execute("UPDATE t SET v = 1 WHERE k = %s", (number + 1,))
        with concurrent.futures.ThreadPoolExecutor(5) as workers:
            waiting = [workers.submit(small.sql, "UPDATE t SET v = 2 WHERE k = 10 RETURNING v")
                       for _ in range(5)]
            assert not concurrent.futures.wait(waiting, 0.2).done
            for holder in holders:
                holder.commit()
            assert [future.result(20) for future in waiting] == [2] * 5


def test_a_client_that_vanishes_in_a_transaction_leaves_no_lock(small, cluster):
    connection = small.connect(autocommit=False)
    connection.execute("UPDATE t SET v = 1 WHERE k = 1")
    connection.pgconn.finish()
    assert small.sql("UPDATE t SET v = 2 WHERE k = 1 RETURNING v") == 2
    assert cluster.sql("SELECT v FROM t WHERE k = 1") == 2


@pytest.mark.gateway
def test_a_client_that_vanishes_in_a_query_frees_its_server(small, cluster):
    for _ in range(2 * POOL_SIZE):
        connection = small.connect(level="strong")
        connection.pgconn.send_query(b"SELECT pg_sleep(30), 'abandoned'")
        connection.pgconn.flush()
        connection.pgconn.finish()
    active = "AND state = 'active' AND query LIKE '%abandoned%' AND pid <> pg_backend_pid()"
    wait_for(lambda: sessions_on(cluster.primary, active) == 0, "abandoned queries to end")
    assert small.sql("UPDATE t SET v = 3 WHERE k = 1 RETURNING v") == 3


@pytest.mark.gateway
def test_reads_use_both_standbys(small, cluster):
    seen = set()

    def serves():
        seen.add(route_of_a_read())
        return {node.address for node in cluster.standbys} <= seen

    def route_of_a_read():
        with small.connect() as connection:
            connection.execute("SELECT v FROM t WHERE k = 1")
            return route(connection).node

    wait_for(serves, f"reads on both standbys; only {seen}")


@pytest.fixture
def at_home(small, cluster):
    """A client between statements; the standby that served it last; its server process there."""
    with small.connect(level="eventual") as connection:
        connection.execute("SELECT k FROM t")
        address = route(connection).node
        node = next(node for node in cluster.standbys if node.address == address)
        yield connection, node, node.sql(
            "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT k FROM t'")


def terminate(node, pid):
    assert node.sql("SELECT pg_terminate_backend(%s)", pid)
    wait_for(lambda: node.sql("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid) == 0,
             "the process to be gone")


@pytest.mark.gateway
def test_who_terminates_a_client_s_server_process_ends_the_client(at_home):
    connection, node, pid = at_home
    terminate(node, pid)
    wait_for(lambda: select.select([connection], [], [], 0)[0], "the gateway's last words")
    with pytest.raises(psycopg.OperationalError, match="administrator command"):
        connection.execute("SELECT v FROM t WHERE k = 1")


@pytest.mark.gateway
def test_a_node_that_stops_process_by_process_ends_no_client(at_home):
    """Its monitor still gets answers when the client's process has gone."""
    connection, node, pid = at_home
    terminate(node, pid)
    node.stop("immediate")
    assert connection.execute("SELECT v FROM t WHERE k = 1").fetchone() == (0,)
