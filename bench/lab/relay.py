"""bench/delay_relay in front of a server: the same server, far away."""

import contextlib
import re

from harness import process, wait_for
from harness.gateway import relay_binary


class FarNode:
    """Stands for `node` wherever a port or an address is all that is asked for."""

    def __init__(self, node, round_trip_ms, folder):
        binary = relay_binary()
        if not binary.exists():
            raise SystemExit(f"{binary} is not built: make build")
        log = folder / f"relay-{node.port}.log"
        self._process = process.spawn(
            [binary, "--rtt", round_trip_ms, f"127.0.0.1:0=127.0.0.1:{node.port}"], log=log)
        listens = wait_for(lambda: re.match(r"127\.0\.0\.1:(\d+) -> .*\n", log.read_text()),
                           lambda: f"the relay: {log.read_text()}")
        self.port = int(listens[1])
        self.address = f"127.0.0.1:{self.port}"

    def close(self):
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def far(node, round_trip_ms, folder):
    relayed = FarNode(node, round_trip_ms, folder)
    try:
        yield relayed
    finally:
        relayed.close()
