"""What the monitor costs, while nobody asks for anything and while somebody does: shares of a core.

Whoever asks does so every 50 ms, which costs nothing to speak of and keeps the monitor at its
interval.
"""

import contextlib
import threading
import time

import psycopg

from harness import process

from .accounts import Account
from .summary import markdown

SECONDS = 3
SETTLE_SECONDS = 0.5
DOZE_SECONDS = 1.5  # behind the last statement: by then it samples less often
PAUSE_SECONDS = 0.05


def _shares(trees):
    """Name -> percent of a core that all processes of its tree use."""
    accounts = {name: Account([pid, *process.children_of(pid)]) for name, pid in trees.items()}
    time.sleep(SECONDS)
    return {name: 100 * account.close().cpu_seconds / (account.ended - account.began)
            for name, account in accounts.items()}


@contextlib.contextmanager
def _somebody_asking(way):
    ends = threading.Event()

    def ask():
        with psycopg.connect(way.conninfo("simple"), autocommit=True) as connection:
            while not ends.wait(PAUSE_SECONDS):
                connection.execute("SELECT 1")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        time.sleep(SETTLE_SECONDS)
        yield
    finally:
        ends.set()
        asking.join()


def table(way, cluster):
    """`way` is a gateway that does not run unless it is measured."""
    trees = {node.name: node.pid for node in cluster.nodes}
    without = _shares(trees)
    with way.measured():
        trees = trees | {"the gateway": way.pids()[0]}
        with _somebody_asking(way):
            sampled = _shares(trees)
        time.sleep(DOZE_SECONDS)
        dozing = _shares(trees)
    rows = [["percent of a core", "without a gateway", "with one that is asked", "difference",
             "with one that is idle", "difference"]]
    for name, share in sampled.items():
        rest = without.get(name, 0.0)
        rows.append([name, f"{rest:.2f}", f"{share:.2f}", f"{share - rest:.2f}",
                     f"{dozing[name]:.2f}", f"{dozing[name] - rest:.2f}"])
    return markdown(rows)
