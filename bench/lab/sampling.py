"""What it costs a node to be sampled: the share of a core that the server processes of the
monitor's connections use, while nobody asks the gateway for anything, while somebody does now and
then, and under load."""

import contextlib
import threading
import time

import psycopg

from .accounts import Account
from .pgbench import MIX, SELECT_ONLY, running
from .summary import NONE, markdown

SECONDS = 3
SETTLE_SECONDS = 0.5
DOZE_SECONDS = 1.5  # behind the last statement: by then it samples less often
PAUSE_SECONDS = 0.05
CLIENTS = 8
GATEWAY = "the gateway"


@contextlib.contextmanager
def _nobody_asking(_):
    time.sleep(DOZE_SECONDS)
    yield


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


def _shares(cluster, gateway_pid):
    """Name -> percent of a core."""
    accounts = {GATEWAY: Account([gateway_pid])}
    for node in cluster.nodes:
        with node.connect() as connection:
            pids = [pid for (pid,) in connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'tidemark monitor'")]
        accounts[node.name] = Account(pids)
    time.sleep(SECONDS)
    return {name: 100 * account.close().cpu_seconds / (account.ended - account.began)
            for name, account in accounts.items()}


def table(way, cluster, folder):
    """`way` is a gateway that does not run unless it is measured."""
    def load(workload):
        return lambda way: running(way, workload, "simple", CLIENTS, SECONDS, folder)

    situations = {"nobody asks": _nobody_asking, "a statement every 50 ms": _somebody_asking,
                  f"{CLIENTS} clients read": load(SELECT_ONLY),
                  f"{CLIENTS} clients, 90/10 mix": load(MIX)}
    found = {}
    with way.measured():
        for name, situation in situations.items():
            with situation(way):
                found[name] = _shares(cluster, way.pids()[0])
    rows = [["percent of a core", *situations]]
    for name in (*(node.name for node in cluster.nodes), GATEWAY):
        # Under load the gateway has other things to do as well.
        rows.append([name, *(
            NONE if name == GATEWAY and situation.startswith(str(CLIENTS))
            else f"{shares[name]:.2f}" for situation, shares in found.items())])
    return markdown(rows)
