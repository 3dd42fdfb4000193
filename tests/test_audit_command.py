"""`tidemark audit` as a command: what it leaves behind, what it refuses, what it says."""

import concurrent.futures
import signal
import socket
import subprocess

import pytest

from harness import process, wait_for
from harness.audit import audit, dsn
from harness.gateway import binary

pytestmark = pytest.mark.gateway

SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tidemark_audit_%'"
AUDITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tidemark audit'"


def tidemark_audit(*arguments, seconds=60):
    return subprocess.run([binary(), "audit", *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL)


def test_interrupted_it_puts_everything_back_and_reports(cluster, tmp_path):
    late, moody = cluster.standbys
    output = tmp_path / "output"
    with output.open("w") as file:
        running = subprocess.Popen(
            [binary(), "audit", dsn(late.port), "--write-to", dsn(cluster.primary.port),
             "--delay-replay", dsn(late.port) + "=20ms", "--sessions", "4",
             "--pause-replay", dsn(moody.port) + "=10s/10100ms", "--duration", "60s"],
            stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        wait_for(lambda: moody.sql("SELECT pg_is_wal_replay_paused()"), "a pause")
        assert cluster.sql(SCHEMAS) == 1
        assert late.sql("SHOW recovery_min_apply_delay") == "20ms"
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
    assert not moody.sql("SELECT pg_is_wal_replay_paused()")
    wait_for(lambda: late.sql("SHOW recovery_min_apply_delay") == "0", "the delay to be undone")
    assert cluster.sql(SCHEMAS) == 0
    assert cluster.primary.sql(AUDITS) == 0
    assert "interrupted by the user" in output.read_text()


def test_runs_at_once_do_not_meet(cluster, tmp_path):
    def run(number):
        folder = tmp_path / str(number)
        folder.mkdir()
        return audit(folder, dsn(cluster.primary.port), "--duration", "1s", "--sessions", 4,
                     "--level", "strong")

    with concurrent.futures.ThreadPoolExecutor(3) as workers:
        for found in workers.map(run, range(3)):
            assert found.exit == 0, found.story()
    assert cluster.sql(SCHEMAS) == 0


def test_a_saved_history_is_judged_as_the_run_was(cluster, tmp_path):
    found = audit(tmp_path, *(dsn(node.port) for node in cluster.standbys), "--write-to",
                  dsn(cluster.primary.port), "--delay-replay", dsn(cluster.standbys[0].port)
                  + "=30ms", "--duration", "1s")
    assert found.exit == 0, "nothing was asked for"
    again = tmp_path / "again"
    again.mkdir()
    checked = audit(again, "--check", found.history, "--level", "read_your_writes")
    assert checked.exit == 1
    assert checked.report["guarantees"] == found.report["guarantees"]


def test_it_needs_no_more_than_create_on_the_database(cluster, tmp_path):
    cluster.sql("GRANT CREATE ON DATABASE app TO alice")
    try:
        found = audit(tmp_path, dsn(cluster.primary.port, user="alice"), "--duration", "1s",
                      "--level", "strong")
    finally:
        cluster.sql("REVOKE CREATE ON DATABASE app FROM alice")
    assert found.exit == 0, found.story()
    assert found.report["run"]["commits_in_log"] == 0
    assert cluster.sql(SCHEMAS) == 0


def test_it_ends_early_rather_than_to_fill_the_memory(cluster, tmp_path):
    found = audit(tmp_path, dsn(cluster.primary.port), "--duration", "60s", "--max-operations", 500)
    assert found.exit == 0, found.story()
    assert "ended early: 500 operations" in found.said
    run = found.report["run"]
    assert 400 < run["reads"] + run["writes"] < 600


@pytest.mark.parametrize("given, errors", [("SELECT 1 / length('%s')", 0), ("SELECT 1 / 0", 1)],
                         ids=["it works", "it fails"])
def test_other_products_tokens_are_carried_by_their_own_sql(cluster, tmp_path, given, errors):
    found = audit(tmp_path, dsn(cluster.primary.port), "--duration", "1s", "--handoff",
                  "--token-out", "SELECT 'to''ken'", "--token-in", given,
                  "--identify", "SET application_name = '%s'")
    assert found.exit == 0, found.story()
    assert found.report["run"]["messages"] > 20
    assert len(found.report["errors"]) == errors, found.report["errors"]


@pytest.mark.parametrize("arguments, complaint", [
    ([], "give an endpoint to audit"),
    (["passwort=hush"], "an endpoint: libpq cannot read it"),
    (["host=a", "--level", "strongest"], "--level is one of"),
    (["host=a", "--level", "policy"], "--level is one of"),
    (["host=a", "--duration", "5"], "--duration:"),
    (["host=a", "--delay-replay", "host=b"], "--delay-replay needs DSN=DELAY"),
    (["host=a", "--pause-replay", "host=b=2s/1s"], "the period must be longer"),
    (["--at", "5", "true", "host=a"], "--at: invalid duration"),
    (["host=a", "--at", "5s"], "--at"),
    (["host=a", "--mix", "write=1"], "--mix never reads"),
    (["host=a", "--protocols", "binary"], "--protocols:"),
    (["host=a", "--synchronous-commit", "local,never"], "--synchronous-commit: \"never\" is not"),
    (["host=a", "--preset", "casino"], "--preset is one of"),
    (["host=a", "--sessions", "0"], "--sessions must be between"),
    (["host=a", "--rate", "-3"], "--rate must be between 0 and"),
    (["host=a", "--skew", "nan"], "--skew must be between 0 and 5"),
    (["host=a", "--max-operations", "0"], "--max-operations must be between 1 and"),
    (["--check", "/nowhere"], "cannot read /nowhere"),
])
def test_what_cannot_be_meant_is_refused(arguments, complaint):
    done = tidemark_audit(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "hush" not in done.stderr + done.stdout


def test_whom_it_cannot_reach_it_names_without_the_password():
    port = process.free_port()
    done = tidemark_audit(f"postgresql://eve:hush@127.0.0.1:{port}/app")
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "hush" not in done.stderr + done.stdout


def test_who_does_not_answer_is_named_as_well():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        done = tidemark_audit(dsn(port, password="hush"), "--deadline", "200ms")
    assert done.returncode == 2
    assert f"port={port}" in done.stderr
    assert "no connection within 200ms" in done.stderr
    assert "hush" not in done.stderr


def test_where_it_cannot_write_it_says_what_would_help(cluster):
    standby = tidemark_audit(dsn(cluster.standbys[0].port))
    assert standby.returncode == 2
    assert f"port={cluster.standbys[0].port}" in standby.stderr
    assert "--write-to names where to write" in standby.stderr
    stranger = tidemark_audit(dsn(cluster.primary.port, user="alice"))
    assert stranger.returncode == 2
    assert "the login needs CREATE on the database" in stranger.stderr


def test_only_a_standby_can_be_late(cluster):
    primary = cluster.primary
    done = tidemark_audit(dsn(primary.port), "--delay-replay", dsn(primary.port) + "=20ms")
    assert done.returncode == 2
    assert "cannot delay replay" in done.stderr and "recovery is not in progress" in done.stderr
    assert primary.sql("SHOW recovery_min_apply_delay") == "0"


def test_it_tells_what_a_killed_run_left_behind(cluster, tmp_path):
    late = cluster.standbys[0]
    running = subprocess.Popen(
        [binary(), "audit", dsn(late.port), "--write-to", dsn(cluster.primary.port),
         "--delay-replay", dsn(late.port) + "=20ms", "--duration", "60s"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    wait_for(lambda: late.sql("SHOW recovery_min_apply_delay") == "20ms", "the delay")
    running.kill()
    running.wait()
    left = cluster.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tidemark_audit_%'")
    try:
        found = audit(tmp_path, dsn(late.port), "--write-to", dsn(cluster.primary.port),
                      "--delay-replay", dsn(late.port) + "=10ms", "--duration", "200ms")
    finally:
        cluster.sql(f"DROP SCHEMA {left} CASCADE")
        late.sql("ALTER SYSTEM RESET recovery_min_apply_delay")
        late.sql("SELECT pg_reload_conf()")
    assert found.exit == 0, found.story()
    assert f"DROP SCHEMA {left} CASCADE" in found.said
    assert any("delayed by 20ms before" in event["what"] for event in found.report["events"])


def test_a_bound_of_nothing_is_held_against_every_read(cluster, tmp_path):
    late = cluster.standbys[0]
    found = audit(tmp_path, dsn(late.port), "--write-to", dsn(cluster.primary.port),
                  "--delay-replay", dsn(late.port) + "=20ms", "--duration", "1s",
                  "--level", "bounded(0ms)")
    assert found.exit == 1, found.story()
    assert found.violations("bounded") > 0
    assert "longer than the bound" in found.story()


def test_a_password_is_in_no_file(cluster, tmp_path):
    found = audit(tmp_path, dsn(cluster.primary.port, password="hush"), "--duration", "1s",
                  "--html", tmp_path / "report.html", "--at", "0s", "true password=hush")
    assert found.exit == 0, found.story()
    for file in tmp_path.iterdir():
        assert b"hush" not in file.read_bytes(), file


def test_an_endpoint_may_follow_any_option(cluster, tmp_path):
    late = dsn(cluster.standbys[0].port)
    found = audit(tmp_path, "--delay-replay", late + "=1ms", "--pause-replay", late + "=1ms/1s",
                  "--at", "1ms", "true", "--at", "2ms", "true", dsn(cluster.primary.port),
                  "--duration", "200ms")
    assert found.exit == 0, found.said
    assert [event["what"] for event in found.report["events"]].count("begins: true") == 2


def test_its_help_has_examples():
    assert "tidemark audit --check" in tidemark_audit("--help").stdout
