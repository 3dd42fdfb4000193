#!/usr/bin/env python3
"""What each level costs: where reads are served, and how long they take.

Clients ask for pages: ten statements one behind the other, each a write with probability 1/10 and
otherwise a read, of a row of one of several tables. Then they pause. Every level is measured twice:
with standbys that replay at once, and with standbys that show each commit a while later.
The last rows write to one table and read the others: what marks per table are for, and what it adds
to know that all writes come through the gateway.
"""

import argparse
import contextlib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from harness import Cluster, Gateway, wait_for  # noqa: E402
from harness.gateway import route  # noqa: E402

TABLES = [f"t{number}" for number in range(1, 5)]
ROWS = 1000
PAGE, WRITES = 10, 0.1
SECONDS_OF_WARM_UP = 0.3

MIXED, APART = (TABLES, TABLES), (TABLES[:1], TABLES[1:])
LEVELS = ["eventual", "bounded(1s)", "monotonic_reads", "read_your_writes", "session", "causal",
          "strong"]
FROM_STANDBYS = {"consistency": {"rules": [
    {"tables": "t*", "read": "strong", "from": "standbys", "otherwise": "wait", "wait": "5s"}]}}
LEVELS_APART = ["session", "causal", "bounded(50ms)"]
TOLD = {"writes to another table": {}, "the same, all_writes_here": {"all_writes_here": True}}


class Client(threading.Thread):
    """One connection. Fills `latencies` (seconds, of each read) and counts."""

    def __init__(self, gateway, level, tables, arguments, seed):
        super().__init__()
        self.connection = gateway.connect(options=f"-c tidemark.level={level}")
        self.written, self.read = tables
        self.pause = arguments.pause / 1000
        self.random = random.Random(seed)
        self.begin = time.monotonic() + SECONDS_OF_WARM_UP
        self.end = self.begin + arguments.seconds
        self.latencies, self.on_standbys, self.refused = [], 0, 0

    def run(self):
        with contextlib.closing(self.connection):
            while time.monotonic() < self.end:
                for _ in range(PAGE):
                    self.statement()
                time.sleep(self.pause * self.random.uniform(0.5, 1.5))

    def statement(self):
        key = self.random.randrange(ROWS)
        if self.random.random() < WRITES:
            table = self.random.choice(self.written)
            self.connection.execute(f"UPDATE {table} SET v = v + 1 WHERE k = {key}")
            return
        table = self.random.choice(self.read)
        start = time.monotonic()
        try:
            self.connection.execute(f"SELECT v FROM {table} WHERE k = {key}")
        except psycopg.OperationalError:
            self.refused += 1
            return
        took = time.monotonic() - start
        if start < self.begin:
            return
        self.latencies.append(took)
        self.on_standbys += route(self.connection).role == "standby"


def measure(gateway, level, tables, arguments):
    clients = [Client(gateway, level, tables, arguments, seed) for seed in range(arguments.clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    latencies = sorted(took for client in clients for took in client.latencies)
    on_standbys = sum(client.on_standbys for client in clients)
    refused = sum(client.refused for client in clients)
    assert latencies and not refused, f"{len(latencies)} reads, {refused} refused"
    median, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
    return f"{on_standbys / len(latencies):9.1%} {median:10.2f} {p99:9.2f}"


def make_tables(cluster):
    for table in TABLES:
        cluster.sql(f"CREATE TABLE {table} (k int PRIMARY KEY, v int) WITH (fillfactor = 50);"
                    f"INSERT INTO {table} SELECT k, 0 FROM generate_series(0, {ROWS - 1}) k")
    cluster.wait_until_caught_up()


def knows_the_tables(gateway):
    def knows(table):
        with contextlib.closing(gateway.connect(level="eventual")) as connection:
            connection.execute(f"SELECT v FROM {table} WHERE k = 0")
            return route(connection).role == "standby"

    wait_for(lambda: all(map(knows, TABLES)), "the gateway to know the tables")


def delayed(cluster, delay):
    """Has every standby show a commit so much later."""
    for standby in cluster.standbys:
        if delay == "0":
            standby.reset("recovery_min_apply_delay")
        else:
            standby.set(recovery_min_apply_delay=delay)


@contextlib.contextmanager
def gateway_in_front_of(cluster, config):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    gateway = Gateway(cluster.nodes, folder, config)
    try:
        gateway.wait_until_admitted(*cluster.standbys)
        knows_the_tables(gateway)
        yield gateway
    finally:
        gateway.close()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4, help="length of each run (4)")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pause", type=float, default=40, help="between pages, in ms (40)")
    parser.add_argument("--late", default="100ms", help="how late the standbys are made (100ms)")
    arguments = parser.parse_args()
    sys.setswitchinterval(0.0005)  # the clients share one interpreter: none is to hold up another

    print("starting a primary and two standbys", flush=True)
    cluster = Cluster(standbys=2)
    try:
        make_tables(cluster)
        print(f"{arguments.clients} clients, {arguments.seconds:g} s each, "
              f"{os.cpu_count()} cores; reads, on standbys that replay at once | "
              f"{arguments.late} late\n")
        title = f"{'standbys':>9} {'median ms':>10} {'p99 ms':>9}"
        print(f"{'level':41} {title}  | {title}", flush=True)
        rows = [(level, {}, level, MIXED) for level in LEVELS]
        rows += [("strong, from standbys", FROM_STANDBYS, "strong", MIXED)]
        rows += [(f"{level}, {said}", {"consistency": told}, level, APART)
                 for level in LEVELS_APART for said, told in TOLD.items()]
        for name, config, level, tables in rows:
            with gateway_in_front_of(cluster, config) as gateway:
                cells = []
                for delay in ("0", arguments.late):
                    delayed(cluster, delay)
                    cells.append(measure(gateway, level, tables, arguments))
                delayed(cluster, "0")
                cluster.wait_until_caught_up()
                print(f"{name:41} " + "  | ".join(cells), flush=True)
        return 0
    finally:
        cluster.destroy()


if __name__ == "__main__":
    sys.exit(main())
