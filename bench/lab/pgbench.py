"""Statements: pgbench through a way to the cluster, and what each costs there."""

import contextlib
import dataclasses
import subprocess
import time

from harness import process, wait_for
from harness.node import BINARIES

from .accounts import Account, system_calls
from .attempts import Failed
from .measurement import Measurement

ROWS_AT_LEAST = 100_000  # of pgbench_accounts, at scale 1
FIRST_WORD_SECONDS = 1
CONNECT_SECONDS = 60
ATTACH_SECONDS = 0.5
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


class _Run:
    """pgbench, from before it connects to its end, with its words and its log in a folder."""

    def __init__(self, way, workload, mode, clients, seconds, folder):
        for stale in folder.glob("pgbench_log.*"):
            stale.unlink()
        self._log, self._words = folder / "pgbench_log", folder / "pgbench.out"
        whole = int(FIRST_WORD_SECONDS + seconds + 1)
        command = [BINARIES / "pgbench", "-n", *workload.arguments(folder), "-M", mode, "-c",
                   clients, "-j", 1, "-T", whole, "-P", FIRST_WORD_SECONDS, "-l", "--log-prefix",
                   self._log, "--random-seed", 1, way.conninfo(mode)]
        with self._words.open("w") as words:
            self._child = subprocess.Popen([str(word) for word in command], stdout=words,
                                           stderr=subprocess.STDOUT)
        self._limit = whole + CONNECT_SECONDS

    def wait_until_it_is_warm(self):
        """Its first word on its progress comes a second after all of its clients have connected."""
        def has_spoken():
            return "progress: " in self._words.read_text() or self._child.poll() is not None

        wait_for(has_spoken, "pgbench to get going", CONNECT_SECONDS)

    def end(self):
        status = self._child.wait(self._limit)
        words = self._words.read_text()
        if status != 0 or "aborted" in words:
            raise Failed(f"pgbench failed:\n{words}")

    def kill(self):
        self._child.kill()
        self._child.wait()

    def transactions(self, began, ended):
        """Latencies, in seconds, of the transactions that ended between two instants."""
        for log in self._log.parent.glob(self._log.name + ".*"):
            with log.open() as lines:
                for line in lines:
                    fields = line.split()
                    if began <= int(fields[4]) + int(fields[5]) / 1e6 < ended:
                        yield int(fields[2]) / 1e6


@contextlib.contextmanager
def running(way, workload, mode, clients, seconds, folder):
    """A load that lasts at least so long from here on, and has ended behind it."""
    run = _Run(way, workload, mode, clients, seconds, folder)
    try:
        run.wait_until_it_is_warm()
        yield run
        run.end()
    finally:
        run.kill()


def measure(way, workload, mode, clients, repetition, seconds, folder):
    """Runs for a while, and accounts for its middle: connecting and warming up count nowhere."""
    with (way.measured(),
          running(way, workload, mode, clients, seconds, folder) as run):
        account = Account(way.pids())
        time.sleep(seconds)
        account.close()
    latencies = list(run.transactions(account.began, account.ended))
    if not latencies:
        raise Failed(f"{way.name}: no transaction of {workload.name} ended in {seconds:g} s")
    units = len(latencies) * (LARGE_MIB if workload is LARGE else workload.statements)
    measured = Measurement(way.name, workload.name, mode, clients, repetition, workload.unit)
    return measured.account(account, units).latencies(latencies)


def measure_system_calls(way, mode, clients, seconds, folder):
    """System calls of the proxy for each statement of select-only, in a run of its own."""
    with (way.measured(),
          running(way, SELECT_ONLY, mode, clients, seconds + ATTACH_SECONDS, folder) as run):
        began = time.time()
        calls = system_calls(way.pids(), seconds)
        ended = time.time()
    statements = sum(1 for _ in run.transactions(began, ended))
    if calls is None or not statements:
        raise Failed(f"{way.name}: nothing to count")
    # Attaching takes a part of the time: the rate of calls is that of the time it was asked for.
    return calls / seconds / (statements / (ended - began))
