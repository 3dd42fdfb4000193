"""Ways to bring a cluster into the states of anomalies P1 to P9, F1 to F5 and S1 to S9."""

import concurrent.futures
import contextlib
import os
import re
import signal

from . import process
from .gateway import route
from .node import BINARIES
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


@contextlib.contextmanager
def frozen(node, backend_type):
    """While inside, one of the server's own processes stands still: "walwriter", "checkpointer".

    Without the first, nothing is flushed but what somebody waits for (P5 to P7); without the
    second, the control file goes on naming the timeline before a promotion (F3).
    """
    pid = node.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = %s", backend_type)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def rewind(node, source):
    """Runs pg_rewind on a stopped server and returns what it says."""
    assert not node.is_running
    return process.run(
        ["sh", "-c", 'exec "$0" "$@" 2>&1', BINARIES / "pg_rewind", "--target-pgdata", node.data,
         "--no-sync", "--source-server",
         f"host=127.0.0.1 port={source.port} user=postgres dbname=postgres"],
        user=process.server_user())


def lsn(text):
    """A position as a number, to be compared."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def floor_of(connection):
    """The floor of the last statement, as a number: of what the gateway knows by now."""
    return lsn(re.search(r"floor=(\S+)", route(connection).text)[1])


def wait_until_floor(connection, query, position):
    """Reads until the session's floor is known to be `position` (text) or more."""
    def is_known():
        connection.execute(query)
        return floor_of(connection) >= lsn(position)

    wait_for(is_known, lambda: f"a floor of {position}; {route(connection).text}")


def wait_until_sampled(*nodes):
    """Returns once the gateway has sampled these nodes anew: it knows all that was done by now."""
    latest = ("SELECT max(query_start)::text FROM pg_stat_activity "
              "WHERE application_name = 'tidemark monitor'")
    for node in nodes:
        # A sample that was under way is not the one, nor is one still to be answered.
        for _ in range(3):
            before = node.sql(latest)
            wait_for(lambda n=node, b=before: n.sql(latest) != b, f"a sample of {node}")
