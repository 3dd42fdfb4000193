"""How often the monitor samples: as often as somebody may need it."""

import contextlib
import re

import pytest

from harness import process, wait_for
from harness.gateway import relay_binary

pytestmark = pytest.mark.gateway

RELAY = relay_binary()
ROUND_TRIP = 0.4
DOZING = 0.08  # seconds between two samples: less than the 100 ms that they are meant to be apart
IN_A_ROW = 5
LATEST = ("SELECT extract(epoch FROM query_start)::float8 FROM pg_stat_activity "
          "WHERE application_name = 'tidemark monitor'")


class Samples:
    """The pauses between a node's samples, in seconds; longer ones where some were overlooked."""

    def __init__(self, node):
        self.connection = node.connect("app")
        self.latest, self.pauses = None, []

    def look(self):
        row = self.connection.execute(LATEST).fetchone()
        if row and row[0] != self.latest:
            if self.latest is not None:
                self.pauses.append(row[0] - self.latest)
            self.latest = row[0]
        return self.pauses

    def close(self):
        self.connection.close()


def test_while_nobody_asks_for_anything_samples_are_rare(cluster, start_gateway):
    with start_gateway(cluster.nodes).connect() as connection, \
            contextlib.closing(Samples(cluster.primary)) as samples:
        def dozes():
            pauses = samples.look()[-IN_A_ROW:]
            return len(pauses) == IN_A_ROW and min(pauses) > DOZING

        wait_for(dozes, "the gateway to doze")
        samples.pauses.clear()

        def is_awake():
            connection.execute("SELECT 1")
            return sum(pause < DOZING / 2 for pause in samples.look()) > IN_A_ROW

        wait_for(is_awake, "samples to be as frequent as they are meant to be")


class Far:
    """A node behind a relay, for a gateway to be told of."""

    def __init__(self, node, log):
        self._child = process.spawn(
            [RELAY, "--rtt", ROUND_TRIP * 1000, f"127.0.0.1:0=127.0.0.1:{node.port}"], log=log)
        told = wait_for(lambda: re.match(r"(127\.0\.0\.1:(\d+)) -> .*\n", log.read_text()),
                        "the relay to listen")
        self.address, self.port = told[1], int(told[2])

    def close(self):
        self._child.kill()
        self._child.wait()


@pytest.mark.skipif(not RELAY.exists(), reason=f"{RELAY} is not built")
def test_a_far_node_is_asked_again_before_it_has_answered(cluster, start_gateway, tmp_path):
    with contextlib.closing(Far(cluster.primary, tmp_path / "relay.log")) as primary:
        start_gateway([primary, *cluster.standbys], {"monitor": {"timeout": "5s"}})
        with contextlib.closing(Samples(cluster.primary)) as samples:
            def are_under_way_together():
                return sum(pause < ROUND_TRIP / 2 for pause in samples.look()) > IN_A_ROW

            wait_for(are_under_way_together, "samples to be under way together")
