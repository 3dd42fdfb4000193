"""What the monitor costs while nobody asks for anything: shares of a core."""

import time

from harness import process

from .accounts import Account
from .summary import markdown

SECONDS = 3
SETTLE_SECONDS = 0.5


def _shares(trees):
    """Name -> percent of a core that all processes of its tree use."""
    accounts = {name: Account([pid, *process.children_of(pid)]) for name, pid in trees.items()}
    time.sleep(SECONDS)
    return {name: 100 * account.close().cpu_seconds / (account.ended - account.began)
            for name, account in accounts.items()}


def table(way, cluster):
    """`way` is a gateway that does not run unless it is measured."""
    trees = {node.name: node.pid for node in cluster.nodes}
    without = _shares(trees)
    with way.measured():
        time.sleep(SETTLE_SECONDS)
        sampled = _shares(trees | {"the gateway": way.pids()[0]})
    rows = [["percent of a core", "without a gateway", "with one that is idle", "difference"]]
    for name, share in sampled.items():
        rest = without.get(name, 0.0)
        rows.append([name, f"{rest:.2f}", f"{share:.2f}", f"{share - rest:.2f}"])
    return markdown(rows)
