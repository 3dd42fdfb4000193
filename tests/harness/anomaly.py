"""Ways to bring a cluster into the states of anomalies P1 to P9 and S1 to S9."""

import concurrent.futures
import contextlib

from .wait import wait_for

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' LIMIT 1"


@contextlib.contextmanager
def commits_wait_for_a_ghost(primary):
    """While inside, a commit is durable and replicated, but the primary itself hides it (P1)."""
    primary.set(synchronous_standby_names="ghost")
    # Sessions know the setting before the checkpointer does, which alone makes commits wait: it
    # reads its configuration before it does what it is asked.
    primary.sql("CHECKPOINT")
    try:
        yield
    finally:
        primary.reset("synchronous_standby_names")


@contextlib.contextmanager
def hanging_commit(cluster, connection, query):
    """Runs `query` on `connection` so that its commit hangs; yields (future, backend's pid)."""
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        with commits_wait_for_a_ghost(cluster.primary):
            future = worker.submit(connection.execute, query)
            pid = wait_for(lambda: cluster.primary.sql(WAITING), "the commit to hang")
            yield future, pid


@contextlib.contextmanager
def paused(*standbys):
    for standby in standbys:
        standby.pause_replay()
    try:
        yield
    finally:
        for standby in standbys:
            standby.resume_replay()
