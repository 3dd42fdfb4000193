#!/usr/bin/env python3
"""What the usual ways to read from standbys promise, and what Tidemark does at each level.

One primary and two standbys. Every way gets the same load for the same time, from `tidemark audit`,
and the same trouble: one standby shows everything a while later, the other one stands still now
and then. Prints two tables; with --docs they go to docs/compare.md.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

from lab import ROOT, summary
from lab.proxies import PgPool

from harness import Cluster, Gateway
from harness.cluster import DATABASE
from harness.gateway import binary

BOUND = "bounded(100ms)"
# Of the report: the columns' heads.
GUARANTEES = {
    "read_your_writes": "read your writes", "monotonic_reads": "monotonic reads",
    "monotonic_writes": "monotonic writes", "writes_follow_reads": "writes follow reads",
    "causal": "causal", "consistent_prefix": "prefix", "no_long_fork": "no long fork",
    "no_fractured_reads": "not fractured", "linearizable": "linearizable",
    "bounded": "within 100 ms", "no_lost_writes": "none lost"}
SESSION = {"read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"}
# What Tidemark promises at each level, besides what every way owes: no fractures, nothing lost.
OWED = {"no_fractured_reads", "no_lost_writes"}
LEVELS = {
    "eventual": set(), BOUND: {"bounded"}, "read_your_writes": {"read_your_writes"},
    "monotonic_reads": {"monotonic_reads"}, "session": SESSION, "causal": SESSION | {"causal"},
    "strong": set(GUARANTEES)}


@dataclasses.dataclass
class Way:
    """What to tell the audit about where to read and write."""

    endpoints: list
    arguments: list = dataclasses.field(default_factory=list)
    durabilities: str = "local,remote_apply"
    promised: set = dataclasses.field(default_factory=set)


def dsn(port, **more):
    words = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": "postgres"} | more
    return " ".join(f"{key}='{value}'" for key, value in words.items())


@contextlib.contextmanager
def primary_alone(cluster, folder):
    yield Way([dsn(cluster.primary.port)], promised=set(GUARANTEES))


@contextlib.contextmanager
def standbys(cluster, folder, choice="random"):
    yield Way([dsn(node.port) for node in cluster.standbys],
              ["--write-to", dsn(cluster.primary.port), "--choose", choice])


@contextlib.contextmanager
def all_nodes(cluster, folder):
    yield Way([dsn(node.port) for node in cluster.nodes])


@contextlib.contextmanager
def remote_apply(cluster, folder):
    """A commit is answered when both standbys show it."""
    cluster.primary.set(synchronous_standby_names=f"{len(cluster.standbys)} (*)")
    with standbys(cluster, folder, "round-robin") as way:
        way.durabilities = "remote_apply"
        yield way


@contextlib.contextmanager
def pgpool(cluster, folder):
    pool = PgPool(cluster, folder)
    try:
        yield Way([dsn(pool.port)])
    finally:
        pool.stop()


def tidemark(level):
    @contextlib.contextmanager
    def way(cluster, folder):
        gateway = Gateway(cluster.nodes, folder)
        try:
            gateway.wait_until_admitted(*cluster.standbys)
            yield Way([dsn(gateway.port, options=f"-c tidemark.level={level}")],
                      promised=LEVELS[level] | OWED)
        finally:
            gateway.close()

    return way


WAYS = {
    "the primary alone": primary_alone, "standbys at random": standbys,
    "all nodes at random": all_nodes, "pgpool-II": pgpool,
    "remote_apply, round robin": remote_apply,
    **{f"Tidemark, {level}": tidemark(level) for level in LEVELS}}


def load(given, cluster):
    """The arguments that are the same for all."""
    late, pausing = cluster.standbys
    return ["--duration", f"{given.seconds:g}s", "--sessions", str(given.sessions),
            "--rate", f"{given.rate:g}", "--handoff", "--protocols", "simple,prepared",
            "--keys", "16", "--transaction-size", "8", "--skew", "0", "--mix",
            "read=40,read_many=30,read_transaction=5,write=5,increment=15,append=5",
            "--level", BOUND,  # so that staleness is held against it; whether it held is no matter
            "--delay-replay", f"{dsn(late.port)}={given.late}",
            "--pause-replay", f"{dsn(pausing.port)}={given.pause}"]


def run(name, cluster, given):
    """The report of one way, and what it promised."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    folder.chmod(0o777)
    try:
        cluster.primary.set(synchronous_standby_names=cluster.standbys[0].name)
        with WAYS[name](cluster, folder) as way:
            report = folder / "report.json"
            done = subprocess.run(
                [binary(), "audit", *way.endpoints, *way.arguments, *load(given, cluster),
                 "--synchronous-commit", way.durabilities, "--json", report],
                capture_output=True, text=True, stdin=subprocess.DEVNULL,
                timeout=given.seconds + 120)
            assert done.returncode in (0, 1), f"{name}: {done.stdout}\n{done.stderr}"
            return json.loads(report.read_text()), way.promised
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rate(verdict, promised):
    """Violations per million chances; in bold what was promised."""
    if not verdict["chances"]:
        return "–"
    number = verdict["per_million"]
    text = f"{number:,.0f}" if number >= 10 or number == 0 else f"{number:.1f}"
    return f"**{text}**" if promised else text


def promises(rows):
    table = [["", *GUARANTEES.values()]]
    for name, report, promised in rows:
        found = report["guarantees"]
        table.append([name, *(rate(found[key], key in promised) for key in GUARANTEES)])
    return summary.markdown(table)


def costs(rows):
    table = [["", "read by standbys", "reads/s", "p50 ms", "p99 ms", "writes/s", "p50 ms",
              "p99 ms", "errors", "consistent with"]]
    for name, report, _ in rows:
        share = report["reads_served_by"]["share_of_standbys"]
        cells = [name, "–" if share is None else f"{share:.1%}"]
        for kind in ("read", "write"):
            latency = report[f"{kind}_latency_ms"]
            cells += [f"{report['run'][f'{kind}s_per_second']:,.0f}",
                      summary.number(latency["p50"]), summary.number(latency["p99"])]
        errors = sum(error["count"] for error in report["errors"])
        table.append([*cells, f"{errors:,}", str(report["strongest_level"])])
    return summary.markdown(table)


def broken(rows):
    """What was promised and not kept, as sentences."""
    for name, report, promised in rows:
        for key in sorted(promised):
            if violations := report["guarantees"][key]["violations"]:
                yield f"{name}: {GUARANTEES.get(key, key)}: {violations}"


PAGE = """# Tidemark and the usual ways, compared

Written by `{command}` on {date}: {machine}.

One primary and two standbys of PostgreSQL 15 on one machine. Every way got the same load from
[`tidemark audit`](audit.md): {sessions} sessions that write, read and tell each other for
{seconds:g} s, {rate:g} operations a second at most. The same trouble, too: one standby shows
everything {late} late, the other one stops replaying for {length} in every {period}. The late one
is the synchronous standby, for whose replay the commits of half of the sessions wait: they show on
the prompt standby before they do on the primary, and commits of the other half overtake them there.
With `remote_apply` all commits wait for both standbys.

## Violations per million chances

0 is what one wants; – was not exercised. What Tidemark promises at a level is **bold**, and so is
what a lone primary promises. What is not bold is luck.

{promises}
[audit.md](audit.md) defines each column.

## What it costs

{costs}
The last column is the strongest level that the run is consistent with. `remote_apply` makes every
write wait for both standbys, so their delay and their pauses are in its writes, and who waits does
less.
"""


def command():
    given = [argument for argument in sys.argv[1:] if argument != "--docs"]
    return "make compare" + (f' ARGS="{shlex.join(given)}"' if given else "")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15, help="for each way (15)")
    parser.add_argument("--sessions", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1000, help="operations a second (1000)")
    parser.add_argument("--late", default="20ms", help="how late one standby is (20ms)")
    parser.add_argument("--pause", default="300ms/2s", help="of the other one (300ms/2s)")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--docs", action="store_true", help="write docs/compare.md")
    return parser.parse_args()


def main():
    given, machine = arguments(), summary.machine()
    print("starting a primary and two standbys", flush=True)
    cluster = Cluster(standbys=2)
    try:
        rows = []
        for name in given.only:
            report, promised = run(name, cluster, given)
            rows.append((name, report, promised))
            print(f"{name}: consistent with {report['strongest_level']}", flush=True)
            cluster.heal()
    finally:
        cluster.destroy()
    length, period = given.pause.split("/")
    page = PAGE.format(
        command=command(), date=datetime.date.today().isoformat(), machine=machine,
        sessions=given.sessions, seconds=given.seconds, rate=given.rate, late=given.late,
        length=length, period=period, promises=promises(rows), costs=costs(rows))
    print("\n" + page)
    if given.docs:
        (ROOT / "docs/compare.md").write_text(page)
    for sentence in broken(rows):
        print(f"a promise was broken: {sentence}")
    return 1 if any(broken(rows)) else 0


if __name__ == "__main__":
    sys.exit(main())
