"""`tidemark audit` over a failover: what a promotion loses is found, and what is said of it."""

import pytest

from harness import process
from harness.audit import SESSION, audit, dsn

pytestmark = pytest.mark.gateway


def promotion(cluster):
    """A command: one standby is cut off, goes on answering, and becomes the primary."""
    old, (heir, other) = cluster.primary, cluster.standbys

    def sql(query):
        return f'psql -qXAt -h 127.0.0.1 -U postgres -p {heir.port} -d postgres -c "{query}"'

    dead = f"host=127.0.0.1 port={process.free_port()}"
    receivers = sql("SELECT count(*) FROM pg_stat_wal_receiver")
    # What is committed while it sleeps is lost.
    return "; ".join((
        sql(f"ALTER SYSTEM SET primary_conninfo = '{dead}'"), sql("SELECT pg_reload_conf()"),
        f'until [ "$({receivers})" = 0 ]; do sleep 0.02; done', "sleep 0.5",
        f"kill -QUIT {old.pid} {other.pid}", sql("SELECT pg_promote()")))


def run(cluster, folder, *arguments):
    # The longer part is for what comes after, also on a busy machine.
    return audit(folder, *arguments, "--at", "300ms", promotion(cluster), "--duration", "6s",
                 "--rate", 1000)


def test_f1_writes_that_a_promotion_loses_are_found(fresh_cluster, tmp_path):
    heir = fresh_cluster.standbys[0]
    both = {"host": "127.0.0.1,127.0.0.1", "port": f"{fresh_cluster.primary.port},{heir.port}"}
    found = run(fresh_cluster, tmp_path, dsn(heir.port), "--write-to",
                dsn(**both, target_session_attrs="read-write"), "--level", "strong")
    assert found.exit == 1, found.story()
    assert "no_lost_writes" in found.violated, found.story()
    assert found.report["run"]["commits_in_log"] == 0, "the log that was followed is gone"


def test_f1_a_gateway_says_what_a_promotion_loses(fresh_cluster, start_gateway, tmp_path):
    gateway = start_gateway(fresh_cluster.nodes).wait_until_admitted(*fresh_cluster.standbys)
    found = run(fresh_cluster, tmp_path, dsn(gateway.port), "--handoff", "--level", "session")
    assert found.exit == 0, found.story()
    assert "no_lost_writes" in found.violated, "there was nothing to be told of"
    assert found.report["run"]["losses_declared"] > 0
    assert not found.violated & set(SESSION), found.story()
