"""`tidemark audit` convicts nobody wrongly, and Tidemark of nothing that its levels promise."""

import pytest

from harness.audit import LEVELS, audit, dsn

pytestmark = pytest.mark.gateway


@pytest.fixture
def shaken(cluster, start_gateway, tmp_path):
    """shaken(level, …) -> an audit of a gateway, one standby of which is late and one moody."""
    gateway = start_gateway(cluster.nodes).wait_until_admitted(*cluster.standbys)
    late, moody = cluster.standbys

    def run(level, *arguments, ask=None):
        return audit(tmp_path, dsn(gateway.port, options=f"-c tidemark.level={level}"),
                     "--truth", dsn(cluster.primary.port), "--level", ask or level,
                     "--delay-replay", dsn(late.port) + "=30ms",
                     "--pause-replay", dsn(moody.port) + "=300ms/700ms", *arguments)

    return run


@pytest.mark.parametrize("level", [
    "strong", "bounded(150ms)", "causal", "session", "read_your_writes", "monotonic_reads"])
def test_a_level_keeps_what_it_promises_under_faults(shaken, level):
    found = shaken(level, "--handoff", "--duration", "3s")
    assert found.exit == 0, found.story()
    for guarantee in LEVELS[level.partition("(")[0]]:
        assert found.chances(guarantee) > 50, guarantee
    # No level lets a write get lost, or a snapshot be torn.
    assert not found.violated & {"no_lost_writes", "no_lost_updates", "no_fractured_reads"}
    if level != "strong":
        assert found.report["reads_served_by"]["share_of_standbys"] > 0.02, found.said


@pytest.mark.parametrize("level", ["strong", "causal", "session", "monotonic_reads"])
def test_commits_that_overtake_each_other_break_nothing(cluster, start_gateway, tmp_path, level):
    """Under the load that convicts comparisons of positions: half of the commits show on standbys
    long before they do on the primary."""
    late = cluster.standbys[0]
    cluster.primary.set(synchronous_standby_names=late.name)
    gateway = start_gateway(cluster.nodes).wait_until_admitted(*cluster.standbys)
    found = audit(tmp_path, dsn(gateway.port, options=f"-c tidemark.level={level}"), "--truth",
                  dsn(cluster.primary.port), "--duration", "2s", "--keys", 16, "--transaction-size",
                  16, "--skew", 0, "--delay-replay", dsn(late.port) + "=10ms", "--mix",
                  "read=20,read_many=30,increment=50", "--synchronous-commit",
                  "local,remote_apply", "--level", level, "--handoff")
    assert found.exit == 0, found.story()
    for guarantee in LEVELS[level]:
        assert found.chances(guarantee) > 50, guarantee
    if level != "strong":
        assert found.report["reads_served_by"]["share_of_standbys"] > 0.02, found.said


@pytest.mark.parametrize("how", ["connections", "tokens"])
def test_a_session_without_a_key_is_its_connection_or_its_token(shaken, how):
    """Without a token to take along it does not move."""
    moves = {"connections": 0, "tokens": 0.05}[how]
    found = shaken("session", "--handoff", "--duration", "2s", "--identify", "", "--reconnects",
                   moves)
    assert found.exit == 0, found.story()
    assert found.report["run"]["messages"] > 20
    assert (found.report["run"]["connections"] > 20) == (how == "tokens")


def test_moves_that_nobody_is_told_of_break_a_session(shaken):
    """So the keys and tokens of the tests above were of use."""
    found = shaken("session", "--duration", "3s", "--identify", "", "--token-out", "", "--token-in",
                   "", "--reconnects", "0.3")
    assert found.exit == 1, found.story()


def test_eventual_breaks_what_it_does_not_promise(shaken):
    """The same faults and the same load: so the levels above had something to withstand."""
    found = shaken("eventual", "--handoff", "--duration", "2s", ask="session")
    assert found.exit == 1, found.story()
    assert {"read_your_writes", "monotonic_reads", "causal", "linearizable"} <= found.violated
    assert found.report["strongest_level"] == "eventual"


def test_a_session_survives_a_killed_standby(cluster, start_gateway, tmp_path):
    gateway = start_gateway(cluster.nodes).wait_until_admitted(*cluster.standbys)
    found = audit(tmp_path, dsn(gateway.port, options="-c tidemark.level=causal"),
                  "--level", "causal", "--handoff", "--duration", "3s",
                  "--at", "1s", f"kill -QUIT {cluster.standbys[0].pid}",
                  "--pause-replay", dsn(cluster.standbys[1].port) + "=300ms/700ms")
    assert found.exit == 0, found.story()
    assert found.report["run"]["reads"] > 200
