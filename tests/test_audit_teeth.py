"""`tidemark audit` finds nothing where nothing is wrong, and finds what is wrong elsewhere."""

import contextlib

import pytest

from harness.audit import LEVELS, audit, dsn
from harness.naive import NaiveGateway
from harness.pgpool import PROGRAM, PgPool

pytestmark = pytest.mark.gateway

SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tidemark_audit_%'"


def assert_nothing_is_left(cluster):
    assert cluster.sql(SCHEMAS) == 0
    assert cluster.primary.sql("SELECT count(*) FROM pg_replication_slots") == 0


def test_a_lone_primary_is_found_strong(cluster, tmp_path):
    found = audit(tmp_path, dsn(cluster.primary.port), "--duration", "3s", "--handoff",
                  "--level", "strong")
    assert found.exit == 0, found.story()
    assert not found.violated, found.story()
    for guarantee in LEVELS["strong"]:
        assert found.chances(guarantee) > 100, guarantee
    assert found.report["run"]["commits_in_log"] > 100
    assert_nothing_is_left(cluster)


def test_random_standbys_break_every_guarantee_of_sessions(cluster, tmp_path):
    late = cluster.standbys[0]
    found = audit(tmp_path, *(dsn(node.port) for node in cluster.standbys), "--write-to",
                  dsn(cluster.primary.port), "--delay-replay", dsn(late.port) + "=50ms",
                  "--duration", "2s", "--handoff", "--level", "session")
    assert found.exit == 1, found.story()
    assert {"read_your_writes", "monotonic_reads", "causal", "linearizable"} <= found.violated
    assert found.report["reads_served_by"]["share_of_standbys"] == 1
    assert late.sql("SHOW recovery_min_apply_delay") == "0"
    assert_nothing_is_left(cluster)


@pytest.mark.skipif(PROGRAM is None, reason="pgpool-II is not installed")
def test_pgpool_breaks_reading_of_own_writes_over_a_late_standby(cluster, tmp_path):
    late = cluster.standbys[0]
    with contextlib.closing(PgPool(cluster.nodes, cluster.folder / "pgpool")) as pgpool:
        found = audit(tmp_path, dsn(pgpool.port), "--truth", dsn(cluster.primary.port),
                      "--delay-replay", dsn(late.port) + "=50ms", "--duration", "2s", "--level",
                      "read_your_writes")
    assert found.exit == 1, found.story()
    assert "read_your_writes" in found.violated
    assert found.report["reads_served_by"]["share_of_standbys"] > 0.2
    assert_nothing_is_left(cluster)


def test_comparing_positions_only_breaks_reads_on_primary_and_standbys(cluster, tmp_path):
    """A commit is in the log, and so on standbys, before the primary shows it: here for as long as
    it waits for the late standby. Half of the sessions do not wait, and overtake the others."""
    primary, (late, _) = cluster.primary, cluster.standbys
    primary.set(synchronous_standby_names=late.name)
    with contextlib.closing(NaiveGateway(cluster)) as naive:
        found = audit(tmp_path, dsn(naive.port), "--protocols", "simple", "--duration", "3s",
                      "--keys", 16, "--transaction-size", 16, "--skew", 0, "--delay-replay",
                      dsn(late.port) + "=10ms",
                      "--synchronous-commit", "local,remote_apply", "--mix",
                      "read_many=50,increment=50", "--level", "monotonic_reads")
    assert found.exit == 1, found.story()
    assert {"monotonic_reads", "no_long_fork"} <= found.violated, found.story()


def test_remote_apply_with_round_robin_is_not_even_monotonic(cluster, tmp_path):
    primary, (one, other) = cluster.primary, cluster.standbys
    primary.set(synchronous_standby_names=f"2 ({one.name}, {other.name})",
                synchronous_commit="remote_apply")
    found = audit(tmp_path, dsn(one.port), dsn(other.port), "--choose", "round-robin",
                  "--write-to", dsn(primary.port), "--delay-replay", dsn(one.port) + "=20ms",
                  "--duration", "2s", "--level", "monotonic_reads", "--keys", "4", "--skew", "0",
                  "--mix", "read=10,read_many=2,write=1")  # reads while others wait for replay
    assert found.exit == 1, found.story()
    assert "monotonic_reads" in found.violated
    # What was acknowledged is on both: that much it is good for.
    assert "read_your_writes" not in found.violated, found.story()
