#!/usr/bin/env python3
"""What a statement costs, next to the best: one cluster, one run, several ways to it.

Straight to the primary; through pgbouncer (transaction mode), HAProxy (TCP mode: it copies bytes),
pgpool-II (balancing reads), a relay that is Tidemark's event loop alone, and Tidemark (levels
session and eventual, and every backend that it has). Repetitions are interleaved: each way takes
its turn in each cell, so that what else the machine does falls on all of them alike.
"""

import argparse
import dataclasses
import pathlib
import shutil
import sys
import tempfile
import time

from lab import ROOT, glance, idle, pages, pgbench, plots, sampling, summary, transfers
from lab.attempts import attempt
from lab.arguments import above_zero, at_least_one
from lab.proxies import HaProxy, UnknownWay, ways

from harness import Cluster

LIMIT_OF_CONNECTIONS = 700  # all ways keep theirs while others are measured
IDLE_COUNTS = [0, 1000, 10000]


@dataclasses.dataclass
class Plan:
    """How much is done."""

    clients: list
    modes: list
    repetitions: int
    seconds: float
    idle_counts: list
    tpcb_modes: list = dataclasses.field(default_factory=lambda: list(pgbench.MODES))
    scale: int = 10
    ways: list = dataclasses.field(default_factory=list)
    is_smoke: bool = False

    def cells(self):
        if self.is_smoke:
            yield pgbench.SELECT_ONLY, self.modes[0], self.clients[0]
            return
        for workload, modes in ((pgbench.SELECT_ONLY, self.modes),
                                (pgbench.TPCB_LIKE, self.tpcb_modes)):
            for mode in modes:
                for clients in self.clients:
                    yield workload, mode, clients
        busy = [clients for clients in self.clients if clients > 1] or self.clients
        for mode in self.modes:
            for clients in busy:
                yield pgbench.MIX, mode, clients
        yield pgbench.STORM, "simple", busy[0]
        yield pgbench.LARGE, "simple", 1


PLANS = {
    "full": Plan([1, 8, 64], list(pgbench.MODES), 3, 0.9, IDLE_COUNTS),
    "quick": Plan([8], ["simple", "prepared"], 1, 0.9, IDLE_COUNTS[:2], tpcb_modes=["simple"]),
    "smoke": Plan([2], ["simple"], 1, 0.3, [0, 100], scale=1, is_smoke=True,
                  ways=["direct", "pgbouncer", "tidemark eventual"]),
}


def allow_connections(cluster):
    for node in cluster.nodes:
        node.set(max_connections=LIMIT_OF_CONNECTIONS, shared_buffers="256MB")
    # A standby does not start with a lower limit than its primary's, so these come first.
    for node in [*cluster.standbys, cluster.primary]:
        node.restart()
    for standby in cluster.standbys:
        standby.wait_until_it_streams()


ONLY_WITH_MANY_CLIENTS = ("tidemark 2 workers", "tidemark primary alone")


def has_one_purpose(way):
    """Shows one thing, with select-only: the event loop alone, what a second worker adds, or what
    it costs to read from several nodes."""
    return way.name in ONLY_WITH_MANY_CLIENTS or way.name.startswith("relay")


def is_of_interest(way, workload, clients):
    if way.name in ONLY_WITH_MANY_CLIENTS and clients < 8:
        return False
    return workload is pgbench.SELECT_ONLY or not has_one_purpose(way)


def run_load(plan, all_ways, folder):
    measurements = []
    for workload, mode, clients in plan.cells():
        print(f"{workload.name}, {mode}, {clients} clients", flush=True)
        for repetition in range(plan.repetitions):
            for way in all_ways:
                if is_of_interest(way, workload, clients):
                    measurements += attempt(pgbench.measure, way, workload, mode, clients,
                                            repetition, plan.seconds, folder)
    for name in ("COPY out", "COPY in"):
        print(name, flush=True)
        for repetition in range(plan.repetitions):
            for way in all_ways:
                if not has_one_purpose(way):
                    measurements += attempt(transfers.measure, way, name, repetition, plan.seconds)
    return measurements


def run_system_calls(plan, all_ways, folder):
    """(way, mode) -> calls a statement, with 8 clients, or as many as there are."""
    print("system calls", flush=True)
    clients = min(plan.clients, key=lambda count: abs(count - 8))
    calls = {}
    for way in all_ways:
        for mode in plan.modes if way.is_proxy else ():
            for count in attempt(pgbench.measure_system_calls, way, mode, clients, 0.5, folder):
                calls[way.name, mode] = count
    return calls


def run_memory(plan, all_ways, cluster, folder):
    """Way -> idle clients -> KiB. Done first: what a load leaves behind is another question."""
    found = {}
    for way in all_ways:
        if not way.is_proxy or has_one_purpose(way):
            continue
        print(f"idle clients of {way.name}", flush=True)
        if way.name == "haproxy":
            server = idle.MuteServer()
            server.start()
            apart = folder / "idle"
            apart.mkdir()
            apart.chmod(0o755)
            other = HaProxy(cluster, apart, server.port)
            counts = [count for count in plan.idle_counts if count < other.most_clients()]
            found[way.name] = idle.measure(other, counts)
            other.stop()
        else:
            # A process for every client: as many as it was started with, and no more.
            counts = [0, 64] if way.name == "pgpool" else plan.idle_counts
            found[way.name] = idle.measure(way, counts)
    return found


def memory_table(memory):
    counts = sorted({count for resident in memory.values() for count in resident})
    rows = [["MiB", *(f"{count:,} clients" for count in counts), "KiB a client"]]
    for way, resident in memory.items():
        most = max(resident)
        each = (resident[most] - resident[0]) / most
        cells = [summary.number(resident[count] / 1024) if count in resident else summary.NONE
                 for count in counts]
        rows.append([way, *cells, summary.number(each)])
    return summary.markdown(rows)


def calls_table(calls):
    modes = list(dict.fromkeys(mode for _, mode in calls))
    rows = [["", *modes]]
    for way in dict.fromkeys(way for way, _ in calls):
        rows.append([way, *(summary.number(calls.get((way, mode))) for mode in modes)])
    return summary.markdown(rows)


def run_sampling(all_ways, cluster, folder):
    print("sampling", flush=True)
    gateways = [way for way in all_ways if way.name.startswith("tidemark")]
    return sampling.table(gateways[0], cluster, folder) if gateways else ""


def tables(told, calls, memory):
    return {
        "glance": glance.table(told, memory), "cost": told.cost(),
        "throughput": told.throughput(), "latency": told.latency(),
        "added latency": told.added_latency(), "system calls": calls_table(calls),
        "context switches": told.switches(), "capacity": told.capacity(),
        "memory": memory_table(memory)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="less of everything: 4 minutes, not 30")
    size.add_argument("--smoke", action="store_true", help="just enough to see that it works")
    parser.add_argument("--ways", nargs="+", help="only those whose names begin so")
    parser.add_argument("--clients", type=at_least_one, nargs="+")
    parser.add_argument("--modes", nargs="+", choices=pgbench.MODES)
    parser.add_argument("--tpcb-modes", nargs="+", choices=pgbench.MODES)
    parser.add_argument("--repetitions", type=at_least_one)
    parser.add_argument("--seconds", type=above_zero, help="length of what is accounted for")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench",
                        help="folder of tables, CSV and plots (build/bench)")
    parser.add_argument("--docs", action="store_true",
                        help="put them into docs/performance.md and docs/performance/")
    return parser.parse_args()


def plan_of(given):
    plan = PLANS["quick" if given.quick else "smoke" if given.smoke else "full"]
    changed = {name: value for name in ("ways", "clients", "modes", "tpcb_modes", "repetitions",
                                        "seconds")
               if (value := getattr(given, name)) is not None}
    return dataclasses.replace(plan, **changed)


def write(given, plan, machine, measurements, calls, memory, others):
    output = ROOT / "docs/performance" if given.docs else given.output
    output.mkdir(parents=True, exist_ok=True)
    summary.write_measurements(output / "load.csv", measurements)
    summary.write_csv(output / "system_calls.csv", [(*key, count) for key, count in calls.items()],
                      ["way", "mode", "calls_per_statement"])
    summary.write_csv(output / "memory.csv",
                      [(way, count, kib) for way, resident in memory.items()
                       for count, kib in resident.items()], ["way", "idle_clients", "kib"])
    told = summary.Summary(measurements)
    texts = {"machine": f"{machine}. {plan.repetitions} repetitions of {plan.seconds:g} s.",
             **tables(told, calls, memory), **others}
    if not given.docs:
        (output / "tables.md").write_text(
            "".join(f"## {name}\n\n{text}\n" for name, text in texts.items()))
    for name, text in texts.items():
        print(f"\n{name}\n\n{text}", end="")
        if given.docs:
            pages.put(ROOT / "docs/performance.md", name, text)
    if not given.smoke:
        plots.of_load(told, output)
        plots.of_memory(memory, output)
    print(f"\nwritten to {output}")


def main():
    given = arguments()
    plan, machine, began = plan_of(given), summary.machine(), time.monotonic()
    idle.allow_descriptors()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    folder.chmod(0o777)
    print("starting a primary and two standbys", flush=True)
    cluster = Cluster(standbys=2)
    all_ways = []
    try:
        if not plan.is_smoke:
            allow_connections(cluster)
        pgbench.prepare(cluster, plan.scale)
        transfers.prepare(cluster)
        all_ways = ways(cluster, folder, plan.ways)
        memory = run_memory(plan, all_ways, cluster, folder)
        measurements = run_load(plan, all_ways, folder)
        calls = run_system_calls(plan, all_ways, folder)
        others = {} if plan.is_smoke else {"sampling": run_sampling(all_ways, cluster, folder)}
        write(given, plan, machine, measurements, calls, memory, others)
        print(f"{(time.monotonic() - began) / 60:.1f} minutes")
        return 0
    except UnknownWay as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130
    finally:
        for way in all_ways:
            way.stop()
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
