"""What every PostgreSQL client takes for granted, through the gateway."""

import psycopg
import pytest
from psycopg import sql

from harness import wait_for


def test_a_value_comes_back(gateway):
    assert gateway.sql("SELECT 'hello'") == "hello"


def test_parameters_come_back_in_text_and_binary(gateway):
    with gateway.connect() as connection:
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            row = cursor.execute("SELECT %s::int, %s::text, %s::bytea, %s::int[]",
                                 (42, "grüße", b"\x00\xff", [1, 2, None])).fetchone()
            assert row == (42, "grüße", b"\x00\xff", [1, 2, None])


def test_what_is_written_is_read(gateway, table):
    with gateway.connect() as connection:
        assert connection.execute("UPDATE t SET v = 7 WHERE k = 3").rowcount == 1
        assert connection.execute("SELECT v FROM t WHERE k = 3").fetchone() == (7,)


def test_a_transaction_commits_and_rolls_back_as_one(gateway, table):
    with gateway.connect(autocommit=False) as connection:
        connection.execute("UPDATE t SET v = 1")
        assert connection.execute("SELECT sum(v) FROM t").fetchone() == (10,)
        connection.rollback()
        assert connection.execute("SELECT sum(v) FROM t").fetchone() == (0,)
        connection.execute("UPDATE t SET v = 2")
        connection.commit()
    assert gateway.sql("SELECT sum(v) FROM t", level="strong") == 20


def test_savepoints_work(gateway, table):
    with gateway.connect(autocommit=False) as connection:
        connection.execute("UPDATE t SET v = 1 WHERE k = 1")
        with pytest.raises(psycopg.errors.DivisionByZero):
            with connection.transaction():
                connection.execute("UPDATE t SET v = 1 WHERE k = 2")
                connection.execute("SELECT 1 / 0")
        connection.commit()
        rows = connection.execute("SELECT v FROM t WHERE k IN (1, 2) ORDER BY k").fetchall()
        assert rows == [(1,), (0,)]


def test_an_error_names_what_was_wrong_and_the_session_goes_on(gateway):
    with gateway.connect() as connection:
        with pytest.raises(psycopg.errors.UndefinedTable) as raised:
            connection.execute("SELECT * FROM nowhere")
        assert raised.value.diag.sqlstate == "42P01"
        assert "nowhere" in raised.value.diag.message_primary
        assert raised.value.diag.statement_position == "15"
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("SELEKT 1")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_failed_transaction_refuses_until_its_end(gateway):
    with gateway.connect(autocommit=False) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1 / 0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_several_statements_in_one_message_give_all_their_results(gateway, table):
    with gateway.connect() as connection:
        cursor = connection.execute("SELECT 1; UPDATE t SET v = 5 WHERE k = 1; SELECT v FROM t "
                                    "WHERE k = 1")
        assert cursor.fetchone() == (1,)
        assert cursor.nextset() and cursor.rowcount == 1
        assert cursor.nextset() and cursor.fetchone() == (5,)
        assert not cursor.nextset()


def test_an_empty_query_is_answered(gateway):
    with gateway.connect() as connection:
        assert connection.pgconn.exec_(b"").status == psycopg.pq.ExecStatus.EMPTY_QUERY
        assert connection.pgconn.exec_(b" ; ").status == psycopg.pq.ExecStatus.EMPTY_QUERY
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_pipeline_answers_in_order(gateway, table):
    with gateway.connect() as connection:
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int", (n,)) for n in range(500)]
            update = connection.execute("UPDATE t SET v = 9 WHERE k = 2")
            read = connection.execute("SELECT v FROM t WHERE k = 2")
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(500))
        assert update.rowcount == 1
        assert read.fetchone() == (9,)


def test_an_error_in_a_pipeline_skips_to_the_sync(gateway):
    with gateway.connect() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            with connection.pipeline():
                connection.execute("SELECT 1")
                connection.execute("SELECT 1 / 0")
                connection.execute("SELECT 2")
        assert connection.execute("SELECT 3").fetchone() == (3,)


def test_prepared_statements_run_many_times(gateway, table):
    with gateway.connect() as connection:
        for n in range(50):
            connection.execute("UPDATE t SET v = v + %s WHERE k = 1", (n,), prepare=True)
        value = connection.execute("SELECT v FROM t WHERE k = %s", (1,), prepare=True).fetchone()
        assert value == (sum(range(50)),)


def test_sql_prepare_and_execute_work(gateway):
    with gateway.connect() as connection:
        connection.execute("PREPARE twice(int) AS SELECT $1 * 2")
        for n in range(20):
            assert connection.execute(f"EXECUTE twice({n})").fetchone() == (2 * n,)
        connection.execute("DEALLOCATE twice")
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            connection.execute("EXECUTE twice(1)")


def test_big_results_arrive_whole(gateway):
    with gateway.connect() as connection:
        rows = connection.execute("SELECT n, repeat('x', 1000) FROM generate_series(1, 50000) n")
        count = 0
        for number, text in rows:
            count += 1
            assert number == count and len(text) == 1000
        assert count == 50000


def test_one_big_value_goes_both_ways(gateway):
    big = "tide" * 8_000_000
    with gateway.connect() as connection:
        length, back = connection.execute("SELECT length(%(big)s), %(big)s::text",
                                          {"big": big}).fetchone()
        assert length == len(big) and back == big


def test_a_client_that_reads_slowly_gets_everything(gateway):
    with gateway.connect() as connection:
        cursor = connection.cursor()
        stream = cursor.stream("SELECT n, repeat('y', 10000) FROM generate_series(1, 3000) n")
        assert sum(1 for _ in stream) == 3000
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cursor_fetches_in_steps(gateway, table):
    with gateway.connect(autocommit=False) as connection:
        with connection.cursor("steps") as cursor:
            cursor.itersize = 3
            cursor.execute("SELECT k FROM t ORDER BY k")
            assert [k for (k,) in cursor] == list(range(1, 11))


def test_copy_in_and_out(gateway):
    with gateway.connect() as connection:
        connection.execute("CREATE TABLE copied (n int, text text)")
        with connection.cursor().copy("COPY copied FROM STDIN") as copy:
            for n in range(20000):
                copy.write_row((n, f"row {n}"))
        with connection.cursor().copy("COPY (SELECT n FROM copied ORDER BY n) TO STDOUT") as copy:
            copy.set_types(["int4"])
            assert [row[0] for row in copy.rows()] == list(range(20000))
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (20000,)


def test_a_copy_that_the_client_breaks_off_leaves_nothing(gateway):
    with gateway.connect() as connection:
        connection.execute("CREATE TABLE copied (n int)")
        with pytest.raises(psycopg.errors.QueryCanceled, match="COPY from stdin failed"):
            with connection.cursor().copy("COPY copied FROM STDIN") as copy:
                copy.write_row((1,))
                raise ZeroDivisionError
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)


def test_a_copy_that_the_server_refuses_is_an_error(gateway):
    with gateway.connect() as connection:
        connection.execute("CREATE TABLE copied (n int)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            with connection.cursor().copy("COPY copied FROM STDIN") as copy:
                for _ in range(10000):
                    copy.write("no number\n")
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)


def test_notices_reach_the_client(gateway):
    notices = []
    with gateway.connect() as connection:
        connection.add_notice_handler(lambda diag: notices.append(diag.message_primary))
        connection.execute("DO $$ BEGIN RAISE NOTICE 'high water'; END $$")
    assert notices == ["high water"]


def test_a_cancel_request_cancels(gateway):
    with gateway.connect() as connection, gateway.connect() as observer:
        pgconn = connection.pgconn
        pgconn.send_query(b"SELECT pg_sleep(60), 'cancel me'")
        running = ("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                   "AND query LIKE '%%pg_sleep(60), ''cancel%%' AND pid <> pg_backend_pid()")
        observer.execute("SELECT 1")
        wait_for(lambda: sum(n.sql(running) for n in gateway.nodes), "the query to run")
        connection.cancel()
        result = pgconn.get_result()
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        while pgconn.get_result():
            pass
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_server_introduces_itself_as_postgresql(gateway):
    with gateway.connect(application_name="introduced") as connection:
        assert 150000 <= connection.info.server_version < 160000
        assert connection.info.parameter_status("client_encoding") == "UTF8"
        assert connection.info.parameter_status("standard_conforming_strings") == "on"
        assert connection.info.parameter_status("integer_datetimes") == "on"
        assert connection.info.backend_pid != 0
        assert connection.execute("SHOW application_name").fetchone() == ("introduced",)


def test_a_database_that_does_not_exist_is_refused_as_by_postgresql(gateway):
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        gateway.connect(dbname="nowhere")


def test_users_keep_their_privileges(gateway, table):
    with gateway.connect(user="alice") as connection:
        assert connection.execute("SELECT current_user, session_user").fetchone() == ("alice",) * 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM t")
    assert gateway.sql("SELECT current_user") == "postgres"


def test_identifiers_of_every_kind_survive(gateway):
    name = 'Größe "der" Flut; DROP TABLE x'
    with gateway.connect() as connection:
        table = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE TABLE {} (n int)").format(table))
        connection.execute(sql.SQL("INSERT INTO {} VALUES (1)").format(table))
        read = sql.SQL("SELECT n FROM {}").format(table)
        assert connection.execute(read).fetchone() == (1,)


def test_many_connections_come_and_go(gateway):
    for _ in range(200):
        with gateway.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.gateway
def test_termination_is_clean(cluster, start_gateway):
    gateway = start_gateway(cluster.nodes)
    assert gateway.sql("SELECT 1") == 1
    assert gateway.stop() == 0
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    for node in cluster.nodes:
        wait_for(lambda n=node: n.sql(sessions) == 1, f"{node} to be rid of the gateway")


@pytest.mark.gateway
def test_termination_lets_a_transaction_finish(cluster, table, start_gateway):
    gateway = start_gateway(cluster.nodes)
    connection = gateway.connect(autocommit=False)
    connection.execute("UPDATE t SET v = 1")
    gateway.terminate()
    connection.execute("UPDATE t SET v = v + 1")
    connection.commit()
    assert cluster.sql("SELECT sum(v) FROM t") == 20
    wait_for(lambda: not gateway.is_running, "the gateway to end after the last transaction")
