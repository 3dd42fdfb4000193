"""Statements: pgbench through a way to the cluster, and what each costs there."""

import dataclasses
import subprocess
import time

from harness import process
from harness.node import BINARIES

from .accounts import Account, system_calls
from .attempts import Failed
from .measurement import Measurement

ROWS_AT_LEAST = 100_000  # of pgbench_accounts, at scale 1
WARM_UP_SECONDS = 0.5
MODES = ("simple", "extended", "prepared")

ANY_ROW = f"\\set aid random(1, {ROWS_AT_LEAST})\n"
READ = ANY_ROW + "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"
WRITE = (ANY_ROW +
         "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\n")


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    words: tuple = ()
    statements: int = 1  # in a transaction
    unit: str = "statement"
    scripts: tuple = ()  # of (text, weight)

    def arguments(self, folder):
        words = list(self.words)
        for number, (text, weight) in enumerate(self.scripts):
            script = folder / f"{self.name.replace(' ', '-').replace('/', '-')}-{number}.sql"
            script.write_text(text)
            words += ["-f", f"{script}@{weight}"]
        return words


SELECT_ONLY = Workload("select-only", ("-b", "select-only"))
TPCB_LIKE = Workload("tpcb-like", ("-b", "tpcb-like"), statements=7)
STORM = Workload("connection storm", ("-b", "select-only", "-C"), unit="connection")
MIX = Workload("90/10 mix", scripts=((READ, 9), (WRITE, 1)))
LARGE_ROWS = 10000
LARGE = Workload("large result", unit="MiB", scripts=(
    (f"SELECT repeat('x', 96) FROM generate_series(1, {LARGE_ROWS});\n", 1),))
LARGE_MIB = LARGE_ROWS * (96 + 11) / (1 << 20)  # 11: the head of a row and of its column


def prepare(cluster, scale):
    """Fills pgbench's tables, and waits until every standby has them."""
    process.run([BINARIES / "pgbench", "-i", "-s", scale, "-q", "-h", "127.0.0.1", "-p",
                 cluster.primary.port, "-U", "postgres", "app"])
    cluster.sql("VACUUM ANALYZE")
    cluster.sql("CHECKPOINT")
    cluster.wait_until_caught_up()


def _start(way, workload, mode, clients, seconds, folder):
    for stale in folder.glob("pgbench_log.*"):
        stale.unlink()
    command = [BINARIES / "pgbench", "-n", *workload.arguments(folder), "-M", mode, "-c", clients,
               "-j", 1, "-T", seconds, "-l", "--log-prefix", folder / "pgbench_log",
               "--random-seed", 1, way.conninfo(mode)]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def _end(child, seconds):
    try:
        told, _ = child.communicate(timeout=seconds + 60)
    finally:
        child.kill()
    if child.returncode != 0 or "aborted" in told:
        raise Failed(f"pgbench failed:\n{told}")


def _transactions(folder, began, ended):
    """Latencies, in seconds, of the transactions that ended between two instants."""
    for log in folder.glob("pgbench_log.*"):
        with log.open() as lines:
            for line in lines:
                fields = line.split()
                if began <= int(fields[4]) + int(fields[5]) / 1e6 < ended:
                    yield int(fields[2]) / 1e6


def measure(way, workload, mode, clients, repetition, seconds, folder, warm_up=WARM_UP_SECONDS):
    """Runs for a while, and accounts for its middle: connecting and warming up count nowhere."""
    whole = int(warm_up + seconds + 1)
    with way.measured():
        child = _start(way, workload, mode, clients, whole, folder)
        time.sleep(warm_up)
        account = Account(way.pids())
        time.sleep(seconds)
        account.close()
        _end(child, whole)
    latencies = list(_transactions(folder, account.began, account.ended))
    if not latencies:
        raise Failed(f"{way.name}: no transaction of {workload.name} ended in {seconds:g} s")
    units = len(latencies) * (LARGE_MIB if workload is LARGE else workload.statements)
    measured = Measurement(way.name, workload.name, mode, clients, repetition, workload.unit)
    return measured.account(account, units).latencies(latencies)


def measure_system_calls(way, mode, clients, seconds, folder):
    """System calls of the proxy for each statement of select-only, in a run of its own."""
    whole = int(WARM_UP_SECONDS + seconds + 1.5)
    with way.measured():
        child = _start(way, SELECT_ONLY, mode, clients, whole, folder)
        time.sleep(WARM_UP_SECONDS)
        began = time.time()
        calls = system_calls(way.pids(), seconds)
        ended = time.time()
        _end(child, whole)
    statements = sum(1 for _ in _transactions(folder, began, ended))
    # Attaching takes a part of the time: the rate of calls is that of the time it was asked for.
    return None if calls is None else calls / seconds / (statements / (ended - began))
