#!/usr/bin/env python3
"""What a statement costs as everything else grows: clients, nodes, sessions. It should be flat.

Clients that are connected and idle, beside those that work; a thousand of ten thousand at work;
nodes in the view (each standby under many addresses of the loopback network); sessions shared by
key, as many as a million, under churn. The core's own part of the last two is measured alone, too.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

from lab import ROOT, idle, pages, pgbench, summary
from lab.attempts import attempt
from lab.measurement import median
from lab.proxies import PgBouncer, Tidemark

from harness import Cluster, process

CONNECTIONS = 700
ADDRESSES = 33
MODE = "simple"
# Each statement is of another session, as one out of so many users has it.
KEYED = """\\set user random(1, {keys})
\\set aid random(1, {rows})
SET tidemark.session = 'user::user';
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
"""
KEYED_WRITE = """\\set user random(1, {keys})
\\set aid random(1, {rows})
SET tidemark.session = 'user::user';
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
"""


class Address:
    """A node by another name."""

    def __init__(self, host, port):
        self.address, self.port = f"{host}:{port}", port


class Scale:
    def __init__(self, cluster, folder, given):
        self.cluster, self.folder, self.given = cluster, folder, given
        self.rows = []

    def add(self, what, amount, way, workload, clients):
        """One row: medians of the repetitions."""
        found = [each for repetition in range(self.given.repetitions)
                 for each in attempt(pgbench.measure, way, workload, MODE, clients, repetition,
                                     self.given.seconds, self.folder)]
        middle = [median([getattr(each, name) for each in found]) if found else None
                  for name in ("cpu_us", "busiest_us", "rate", "p50_ms", "p99_ms")]
        row = [what, amount, way.name, *map(summary.number, middle)]
        print(" ".join(row), flush=True)
        self.rows.append(row)

    # --- clients -----------------------------------------------------------------------------

    def clients(self):
        for way in (PgBouncer(self.cluster, self.folder),
                    Tidemark(self.cluster, self.folder, stays=True)):
            with contextlib.closing(idle.IdleClients(way.port)) as clients:
                for connected in self.given.connected:
                    clients.grow_to(connected)
                    self.add("64 at work, others idle", f"{connected:,}", way,
                             pgbench.SELECT_ONLY, 64)
                active = self.given.active
                self.add(f"{active:,} at work, others idle", f"{connected:,}", way,
                         pgbench.SELECT_ONLY, active)
            way.stop()

    # --- nodes -------------------------------------------------------------------------------

    def nodes(self):
        primary, standbys = self.cluster.primary, self.cluster.standbys
        every = [Address(f"127.0.0.{host}", standby.port)
                 for host in range(1, ADDRESSES) for standby in standbys]
        for count in self.given.nodes:
            way = Tidemark(
                self.cluster, self.folder, f"tidemark {count} nodes",
                nodes=[primary, *every[:count - 1]],
                config={"pool": {"size": 4}, "monitor": {"interval": "100ms"}}, stays=True)
            self.add("nodes in the view", str(count), way, pgbench.SELECT_ONLY, 8)
            way.stop()

    # --- sessions ----------------------------------------------------------------------------

    def sessions(self):
        way = Tidemark(self.cluster, self.folder, "tidemark keyed", stays=True)
        for keys in self.given.keys:
            words = {"keys": keys, "rows": pgbench.ROWS_AT_LEAST}
            workload = pgbench.Workload(f"keyed-{keys}", statements=2, scripts=(
                (KEYED.format(**words), 9), (KEYED_WRITE.format(**words), 1)))
            self.add("users, a session each", f"{keys:,}", way, workload, 8)
        way.stop()

    def table(self):
        heads = ["what grows", "to", "way", "CPU µs", "busiest thread µs", "per second", "p50 ms",
                 "p99 ms"]
        return summary.markdown([heads, *self.rows])


def core_alone():
    """Nanoseconds of a decision by nodes in the view, and of a turn of churn by sessions."""
    program = ROOT / "build/release/micro"
    if not program.exists():
        raise SystemExit(f"{program} is not built: make bench-scale")
    told = json.loads(process.run(
        [program, "--benchmark_format=json", "--benchmark_filter="
         "^(decision_session|decision_eventual|registry_churn)/"], seconds=300))
    rows = [["", "with", "ns"]]
    for run in told["benchmarks"]:
        name, amount = run["name"].split("/")
        rows.append([name.replace("_", " "), f"{int(amount):,}", summary.number(run["cpu_time"])])
    return summary.markdown(rows)


def prepare(cluster):
    names = ",".join(f"127.0.0.{host}" for host in range(1, ADDRESSES))
    for node in cluster.nodes:
        node.set(max_connections=CONNECTIONS, shared_buffers="256MB", listen_addresses=names)
    # A standby does not start with a lower limit than its primary's, so these come first.
    for node in [*cluster.standbys, cluster.primary]:
        node.restart()
    for standby in cluster.standbys:
        standby.wait_until_it_streams()
    pgbench.prepare(cluster, 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.9, help="of each measurement (1.9)")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--connected", type=int, nargs="+", default=[0, 1000, 9000])
    parser.add_argument("--active", type=int, default=1000)
    parser.add_argument("--nodes", type=int, nargs="+", default=[3, 16, 64])
    parser.add_argument("--keys", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/")
    return parser.parse_args()


def main():
    given, machine = arguments(), summary.machine()
    idle.allow_descriptors()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    folder.chmod(0o777)
    print("starting a primary and two standbys", flush=True)
    cluster = Cluster(standbys=2)
    try:
        prepare(cluster)
        scale = Scale(cluster, folder, given)
        scale.sessions()
        scale.nodes()
        scale.clients()
        texts = {"scale machine": f"{machine}. {given.repetitions} repetitions of "
                                  f"{given.seconds:g} s.",
                 "scale": scale.table(), "scale of the core": core_alone()}
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)
    for name, text in texts.items():
        print(f"\n{name}\n\n{text}", end="")
        if given.docs:
            pages.put(ROOT / "docs/performance.md", name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
