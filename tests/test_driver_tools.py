"""PostgreSQL's own programs through the gateway: psql, pgbench, pg_dump and pg_restore."""

import re

import pytest

from harness import process
from harness.node import BINARIES


def psql(gateway, script, *options):
    return process.run(
        [BINARIES / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *options,
         gateway.conninfo()], input=script)


def pgbench(gateway, *options):
    return process.run([BINARIES / "pgbench", "-n", *options, gateway.conninfo()])


def transactions_of(output):
    assert re.search(r"number of failed transactions: 0 ", output), output
    return int(re.search(r"transactions actually processed: (\d+)", output).group(1))


@pytest.fixture
def pgbench_tables(gateway):
    pgbench(gateway, "-i", "-s", "1", "-q")


def test_psql_runs_a_script(gateway):
    script = """
        CREATE TABLE notes (id serial PRIMARY KEY, note text);
        INSERT INTO notes (note) VALUES ('flood'), ('ebb') RETURNING id;
        BEGIN; UPDATE notes SET note = 'slack' WHERE id = 2; COMMIT;
        SELECT note FROM notes ORDER BY id;
        """
    assert psql(gateway, script).split() == ["1", "2", "flood", "slack"]


def test_psql_describes_what_there_is(gateway):
    out = psql(gateway, "CREATE TABLE notes (id int PRIMARY KEY, note text);\n\\d notes\n"
                        "\\dt+\n\\l\n\\du\n\\df\n\\dn\n\\dp\n")
    assert "id|integer||not null|" in out and "public|notes|table|postgres" in out
    assert "alice||{}" in out and "postgres|postgres|UTF8" in out


def test_psql_copies_in_both_directions(gateway, tmp_path):
    script = "CREATE TABLE c (n int);\n\\copy c FROM stdin\n" + "\n".join(map(str, range(1000)))
    out = psql(gateway, script + "\n\\.\n\\copy (SELECT sum(n) FROM c) TO stdout\n")
    assert out.strip() == str(sum(range(1000)))


def test_psql_reconnects_within_a_session(gateway):
    out = psql(gateway, "SELECT 1;\n\\c postgres\nSELECT current_database();\n\\c app alice\n"
                        "SELECT current_user;\n")
    assert out.split() == ["1", "postgres", "alice"]


def test_psql_stops_at_an_error_with_its_message(gateway):
    with pytest.raises(AssertionError, match='relation "nowhere" does not exist'):
        psql(gateway, "SELECT * FROM nowhere;")


def test_psql_crosstabs_and_gexec_work(gateway):
    out = psql(gateway, "SELECT format('CREATE TABLE g%s (n int)', n) FROM generate_series(1,3) n"
                        "\n\\gexec\nSELECT count(*) FROM pg_tables WHERE tablename ~ '^g[123]$';\n")
    assert out.strip() == "3"


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_tpcb_keeps_the_books(gateway, cluster, pgbench_tables, mode):
    done = transactions_of(pgbench(gateway, "-M", mode, "-c", "8", "-j", "2", "-t", "50"))
    assert done == 400
    books = ("SELECT (SELECT count(*) FROM pgbench_history) = 400 "
             "AND (SELECT sum(abalance) FROM pgbench_accounts) "
             "= (SELECT sum(bbalance) FROM pgbench_branches)")
    assert cluster.sql(books)


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_select_only_runs(gateway, pgbench_tables, mode):
    out = pgbench(gateway, "-S", "-M", mode, "-c", "16", "-j", "2", "-t", "200")
    assert transactions_of(out) == 3200


def test_pgbench_that_reconnects_every_time_runs(gateway, pgbench_tables):
    assert transactions_of(pgbench(gateway, "-S", "-C", "-c", "4", "-t", "25")) == 100


def test_pgbench_runs_a_pipeline(gateway, pgbench_tables, tmp_path):
    script = tmp_path / "pipeline.sql"
    script.write_text(
        "\\set aid random(1, 100000)\n\\startpipeline\n"
        "BEGIN;\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\n"
        "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\nEND;\n"
        "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n\\endpipeline\n")
    for mode in ("extended", "prepared"):
        out = pgbench(gateway, "-f", script, "-M", mode, "-c", "4", "-j", "2", "-t", "50")
        assert transactions_of(out) == 200
    assert gateway.sql("SELECT sum(abalance) FROM pgbench_accounts", level="strong") == 400


@pytest.mark.parametrize("form", ["custom", "directory", "plain"])
def test_a_dump_restores_to_the_same(gateway, cluster, tmp_path, form):
    cluster.sql("""
        CREATE TYPE mood AS ENUM ('calm', 'rough');
        CREATE TABLE seas (id bigserial PRIMARY KEY, name text UNIQUE, mood mood, at timestamptz);
        INSERT INTO seas (name, mood, at)
          SELECT 'sea ' || n, 'rough', now() FROM generate_series(1, 5000) n;
        CREATE VIEW rough AS SELECT * FROM seas WHERE mood = 'rough';
        CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n * 2;
        CREATE INDEX ON seas (at); SELECT lo_from_bytea(0, 'large')""")
    check = ("SELECT count(*) || md5(string_agg(seas::text, ',' ORDER BY id)) "
             "|| nextval('seas_id_seq') || twice(21) FROM seas")
    cluster.wait_until_caught_up()
    dump = tmp_path / "dump"
    process.run([BINARIES / "pg_dump", "-F", form, "-f", dump, "-d", gateway.conninfo()])
    before = cluster.sql(check)
    cluster.primary.sql("DROP DATABASE IF EXISTS restored")
    cluster.primary.sql("CREATE DATABASE restored TEMPLATE template0")
    target = gateway.conninfo(dbname="restored")
    if form == "plain":
        process.run([BINARIES / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, target])
    else:
        process.run([BINARIES / "pg_restore", "-e", "-d", target, dump])
    assert cluster.sql(check, dbname="restored") == before
    cluster.primary.sql("DROP DATABASE restored WITH (FORCE)")
