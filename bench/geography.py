#!/usr/bin/env python3
"""What each level costs where the primary is far and a standby near.

Client, gateway and a standby are here; the primary is 80 ms away, behind a relay that delays, and
so is what the standby receives of its log. Each client has a row of its own, which it writes one
time in ten, and reads that row or another client's nine times, back to back. What it reads is held
against what it wrote and what it read before.
"""

import argparse
import contextlib
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

from lab import ROOT, pages, plots, summary
from lab.measurement import percentile
from lab.relay import far

import psycopg

from harness import Cluster, Gateway, wait_for
from harness.gateway import route

LEVELS = ["eventual", "bounded(1s)", "monotonic_reads", "read_your_writes", "session", "causal",
          "strong"]
PROMISES_WRITES = {"read_your_writes", "session", "causal", "strong"}
PROMISES_READS = {"monotonic_reads", "session", "causal", "strong"}
WRITES = 0.1
# Longer than a mark of a far primary takes to become known: two samples' round trips, and some.
WAIT_ROUND_TRIPS = 4
SECONDS_OF_WARM_UP = 0.5
NEVER_MS = 2000  # a session that has not returned near by then is not waited for


class Client(threading.Thread):
    """One connection, one row of its own. What it finds is for one thread to read at the end."""

    def __init__(self, gateway, level, number, given):
        super().__init__()
        self.connection = gateway.connect(options=f"-c tidemark.level={level}")
        self.own, self.rows = number, given.clients
        self.pause = given.pause / 1000
        self.random = random.Random(number)
        self.begin = time.monotonic() + SECONDS_OF_WARM_UP
        self.end = self.begin + given.seconds
        self.seen = {}
        self.written = 0
        self.reads, self.near = [], 0
        self.forgot_write = self.went_back = 0

    def run(self):
        with contextlib.closing(self.connection):
            self.written = self.read(self.own)
            while time.monotonic() < self.end:
                if self.random.random() < WRITES:
                    self.write()
                else:
                    self.timed_read()
                if self.pause:
                    time.sleep(self.pause * self.random.uniform(0.5, 1.5))

    def write(self):
        self.written += 1
        self.connection.execute(f"UPDATE far SET v = {self.written} WHERE k = {self.own}")

    def read(self, row):
        return self.connection.execute(f"SELECT v FROM far WHERE k = {row}").fetchone()[0]

    def timed_read(self):
        row = self.own if self.random.random() < 0.5 else self.random.randrange(self.rows)
        start = time.monotonic()
        value = self.read(row)
        took = time.monotonic() - start
        self.forgot_write += row == self.own and value < self.written
        self.went_back += value < self.seen.get(row, 0)
        self.seen[row] = value
        if start >= self.begin:
            self.reads.append(took)
            self.near += route(self.connection).role == "standby"


class Row:
    """What all clients of a level found, in milliseconds."""

    def __init__(self, name, level, clients, ideal):
        took = sorted(seconds * 1000 for client in clients for seconds in client.reads)
        self.name, self.ideal, self.reads = name, ideal, len(took)
        self.p50, self.p99 = percentile(took, 0.5), percentile(took, 0.99)
        self.near = sum(client.near for client in clients) / len(took)
        self.forgot_write = sum(client.forgot_write for client in clients)
        self.went_back = sum(client.went_back for client in clients)
        self.violations = (self.forgot_write * (level in PROMISES_WRITES) +
                           self.went_back * (level in PROMISES_READS))

    def cells(self):
        return [self.name, f"{self.reads:,}", f"{self.near:.1%}", summary.number(self.p50),
                summary.number(self.p99), summary.number(self.ideal), str(self.forgot_write),
                str(self.went_back), str(self.violations)]


def run_level(gateway, level, given):
    clients = [Client(gateway, level, number, given) for number in range(given.clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return clients


def local_round_trip(standby):
    """The median of reads from the standby itself, in milliseconds."""
    with contextlib.closing(standby.connect()) as connection:
        took = []
        for _ in range(300):
            start = time.monotonic()
            connection.execute("SELECT v FROM far WHERE k = 0").fetchone()
            took.append(time.monotonic() - start)
    return percentile(sorted(took), 0.5) * 1000


def back_near(gateway, count):
    """From a write's answer to the first answer from the standby, in sorted milliseconds; and how
    many reads the primary answered meanwhile, per write."""
    took, at_primary = [], 0
    for number in range(count):
        # Another session each time: each write stands for itself.
        with contextlib.closing(gateway.connect(level="session")) as connection:
            connection.execute(f"UPDATE far SET v = v + 1 WHERE k = {number % 2}")
            start, ms, node = time.monotonic(), 0, ""
            while node != "standby" and ms < NEVER_MS:
                connection.execute(f"SELECT v FROM far WHERE k = {number % 2}")
                ms = (time.monotonic() - start) * 1000
                node = route(connection).role
                at_primary += node != "standby"
            took.append(ms)
    return sorted(took), at_primary / count


def reread(connection):
    connection.execute("SELECT v FROM far WHERE k = 0")
    return route(connection).text


@contextlib.contextmanager
def gateway_before(nodes, standby, wait_ms):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    gateway = Gateway(nodes, folder, {"consistency": {"wait": f"{wait_ms:g}ms"}})
    try:
        gateway.wait_until_admitted(standby)
        with contextlib.closing(gateway.connect(level="strong")) as connection:
            wait_for(lambda: "role=primary" in reread(connection), "the gateway to find the "
                     "primary", ignore=psycopg.Error)
        with contextlib.closing(gateway.connect(level="eventual")) as connection:
            wait_for(lambda: "role=standby" in reread(connection), "the gateway to know the table")
        yield gateway
    finally:
        gateway.close()
        shutil.rmtree(folder, ignore_errors=True)


def levels(nodes, standby, given):
    near = local_round_trip(standby)
    patient = given.rtt * WAIT_ROUND_TRIPS
    cases = [(level, level, patient) for level in given.levels]
    if "session" in given.levels:
        cases.append(("session, wait = 50 ms", "session", 50))
    for name, level, wait_ms in cases:
        with gateway_before(nodes, standby, wait_ms) as gateway:
            ideal = given.rtt + near if level == "strong" else near
            row = Row(name, level, run_level(gateway, level, given), ideal)
        print(" ".join(row.cells()), flush=True)
        yield row


def returns(nodes, standby, given):
    rows = [["wait", "median ms", "99th percentile", "reads answered by the primary, per write"]]
    for wait_ms in (given.rtt * WAIT_ROUND_TRIPS, 50):
        with gateway_before(nodes, standby, wait_ms) as gateway:
            took, at_primary = back_near(gateway, given.writes)
        rows.append([f"{wait_ms:g} ms", milliseconds(percentile(took, 0.5)),
                     milliseconds(percentile(took, 0.99)), summary.number(at_primary)])
    return summary.markdown(rows)


def milliseconds(value):
    return f"not in {NEVER_MS}" if value >= NEVER_MS else summary.number(value)


HEADS = ["level", "reads", "near", "p50 ms", "p99 ms", "ideal ms", "own write missed", "went back",
         "broken promises"]


def write(given, rows, returned, machine):
    output = ROOT / "docs/performance" if given.docs else given.output
    output.mkdir(parents=True, exist_ok=True)
    table = summary.markdown([HEADS, *(row.cells() for row in rows)])
    summary.write_csv(output / "geography.csv", [row.cells() for row in rows], HEADS)
    plots.of_geography([(row.name.replace(", wait", ",\nwait"), row.p50, row.p99, row.ideal)
                        for row in rows], given.rtt, output)
    texts = {"geography machine": f"{machine}. {given.clients} clients, {given.seconds:g} s each.",
             "geography": table, "return": returned}
    for name, text in texts.items():
        print(f"\n{name}\n\n{text}", end="")
        if given.docs:
            pages.put(ROOT / "docs/performance.md", name, text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rtt", type=float, default=80, help="to the primary and back, ms (80)")
    parser.add_argument("--seconds", type=float, default=8, help="for each level (8)")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--pause", type=float, default=0, help="between statements, ms (0)")
    parser.add_argument("--late", type=int, default=0,
                        help="how long after a commit the standby shows it at the soonest, ms (0)")
    parser.add_argument("--writes", type=int, default=20,
                        help="after each of which the way back to near reads is timed (20)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--docs", action="store_true", help="put them into docs/")
    return parser.parse_args()


def main():
    given, machine = arguments(), summary.machine()
    sys.setswitchinterval(0.0005)  # the clients share one interpreter: none is to hold up another
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    print("starting a primary and a standby", flush=True)
    cluster = Cluster(standbys=1)
    try:
        cluster.sql("CREATE TABLE far (k int PRIMARY KEY, v int) WITH (fillfactor = 50);"
                    f"INSERT INTO far SELECT k, 0 FROM generate_series(0, {given.clients}) k")
        with far(cluster.primary, given.rtt, folder) as primary:
            standby = cluster.standbys[0]
            standby.follow(primary)
            standby.set(recovery_min_apply_delay=f"{given.late}ms")
            wait_for(lambda: standby.sql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = "
                                         "'streaming' AND sender_port = %s", primary.port),
                     "the standby to stream from afar", ignore=psycopg.Error)
            cluster.wait_until_caught_up()
            rows = list(levels([primary, standby], standby, given))
            returned = returns([primary, standby], standby, given)
        write(given, rows, returned, machine)
        broken = sum(row.violations for row in rows)
        if broken:
            print(f"\n{broken} broken promises")
        return 1 if broken else 0
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
