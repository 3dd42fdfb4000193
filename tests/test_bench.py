"""The benchmarks run: what they measure is of no interest here, that they do measure it is."""

import csv
import subprocess
import sys

import pytest

from harness.gateway import ROOT

pytestmark = pytest.mark.gateway


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_smallest_run_of_bench_accounts_for_every_way(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "bench/load.py", "--smoke", "--output", tmp_path],
        capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr

    ways = {"direct", "pgbouncer", "tidemark eventual"}
    measured = {(row["way"], row["workload"]): row for row in rows(tmp_path / "load.csv")}
    assert set(measured) == {(way, workload) for way in ways
                             for workload in ("select-only", "COPY out", "COPY in")}
    for (way, _), row in measured.items():
        assert float(row["rate"]) > 0
        assert 0 < float(row["p50_ms"]) <= float(row["p99_ms"]) <= float(row["p999_ms"])
        is_proxy = way != "direct"
        assert (float(row["cpu_us"]) > 0) == is_proxy
        assert 0 <= float(row["busiest_us"]) <= float(row["cpu_us"])
    # A statement through a proxy takes it at least a receive and a send on either side.
    calls = {row["way"]: float(row["calls_per_statement"])
             for row in rows(tmp_path / "system_calls.csv")}
    assert set(calls) == ways - {"direct"}
    assert 2 < calls["pgbouncer"] < 12
    memory = {(row["way"], int(row["idle_clients"])): int(row["kib"])
              for row in rows(tmp_path / "memory.csv")}
    for way in ways - {"direct"}:
        assert 500 < memory[way, 0] < 100_000
        # A proxy may give back what its start has used: no more than a bound, on either side.
        assert abs(memory[way, 100] - memory[way, 0]) < 10_000
    assert "| pgbouncer" in (tmp_path / "tables.md").read_text()


@pytest.mark.parametrize("words, complaint", [
    (["--repetitions", "0"], "0 is less than 1"),
    (["--clients", "8", "0"], "0 is less than 1"),
    (["--seconds", "-1"], "-1 is not above 0"),
    (["--ways", "pgbouncer", "squid"], 'no way is called "squid"; there are direct, pgbouncer'),
])
def test_a_run_of_bench_that_would_measure_nothing_is_refused(words, complaint, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "bench/load.py", "--smoke", "--output", tmp_path, *words],
        capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not list(tmp_path.iterdir())


def test_with_a_far_primary_sessions_read_near_and_eventual_reads_miss_writes(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "bench/geography.py", "--output", tmp_path, "--seconds", "1.5",
         "--levels", "eventual", "read_your_writes", "--writes", "1", "--late", "120"],
        capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr

    found = {row["level"]: row for row in rows(tmp_path / "geography.csv")}
    # If the check could not see an old value, it would see none here either.
    assert int(found["eventual"]["own write missed"]) > 0
    assert found["read_your_writes"]["own write missed"] == "0"
    assert all(float(row["near"].rstrip("%")) >= 95 for row in found.values())
