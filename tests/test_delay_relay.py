"""bench/delay_relay: bytes and ends arrive late, whole, in order, and as fast as they were sent."""

import contextlib
import hashlib
import random
import socket
import subprocess
import threading
import time

import pytest

from harness import process, wait_for
from harness.gateway import relay_binary

RELAY = relay_binary()
RTT = 0.06

pytestmark = pytest.mark.skipif(not RELAY.exists(), reason=f"{RELAY} is not built")


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        server.settimeout(10)
        yield server


@pytest.fixture
def relay(listener, tmp_path):
    """The port of a relay in front of `listener`."""
    log = tmp_path / "relay.log"
    child = process.spawn(
        [RELAY, "--rtt", RTT * 1000, f"127.0.0.1:0=127.0.0.1:{listener.getsockname()[1]}"], log=log)
    line = wait_for(lambda: "->" in log.read_text() and log.read_text(), "the relay to listen")
    yield int(line.split(" -> ")[0].rsplit(":", 1)[1])
    child.kill()
    child.wait()


@contextlib.contextmanager
def pair(relay, listener):
    """The two ends of a connection through the relay."""
    with socket.create_connection(("127.0.0.1", relay), timeout=10) as client:
        server, _ = listener.accept()
        server.settimeout(10)
        with server:
            client.sendall(b"x")
            assert server.recv(1) == b"x"
            yield client, server


def received(end):
    return b"".join(iter(lambda: end.recv(1 << 20), b""))


def test_each_direction_takes_half_of_the_round_trip(relay, listener):
    with pair(relay, listener) as (client, server):
        took = {}
        for name, sender, receiver in [("up", client, server), ("down", server, client)]:
            times = []
            for _ in range(20):
                start = time.monotonic()
                sender.sendall(b"ping")
                assert receiver.recv(4) == b"ping"
                times.append(time.monotonic() - start)
            assert min(times) >= RTT / 2
            took[name] = sorted(times)[len(times) // 2]
        # A busy machine makes some of them late; a wrong delay would make all of them so.
        assert all(median < RTT / 2 + 0.015 for median in took.values()), took


def test_a_first_statement_pays_for_the_handshake_too(relay, listener):
    start = time.monotonic()
    with pair(relay, listener):
        assert time.monotonic() - start >= 1.5 * RTT


def test_a_stream_arrives_whole_in_order_and_not_a_round_trip_a_piece(relay, listener):
    data = random.Random(1).randbytes(32 << 20)
    with pair(relay, listener) as (client, server):
        def send():
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        start = time.monotonic()
        sender.start()
        digest = hashlib.sha256(received(server)).digest()
        took = time.monotonic() - start
        sender.join()
        assert digest == hashlib.sha256(data).digest()
        assert took < 5, "a window of 64 KiB a round trip would have taken half a minute"


def test_the_other_direction_stays_open_behind_an_end(relay, listener):
    with pair(relay, listener) as (client, server):
        client.shutdown(socket.SHUT_WR)
        start = time.monotonic()
        assert server.recv(1) == b""
        assert time.monotonic() - start >= RTT / 2 - 0.005
        server.sendall(b"answer")
        server.close()
        assert received(client) == b"answer"


def test_a_reset_arrives_as_a_reset(relay, listener):
    with pair(relay, listener) as (client, server):
        at_once = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_nobody_at_the_target_ends_the_connection(relay, listener):
    listener.close()
    with socket.create_connection(("127.0.0.1", relay), timeout=10) as client:
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_hundreds_of_connections_keep_their_own_bytes(relay, listener):
    with contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(pair(relay, listener)) for _ in range(5)]
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", relay), timeout=10))
                   for _ in range(300)]
        pairs += [(client, stack.enter_context(listener.accept()[0])) for client in clients]
        servers = {}
        for number, (client, _) in enumerate(pairs):
            client.sendall(number.to_bytes(2, "big"))
        start = time.monotonic()
        for _, server in pairs:
            server.settimeout(10)
            number = int.from_bytes(server.recv(2), "big")
            servers[number] = server
        assert sorted(servers) == list(range(len(pairs)))
        assert time.monotonic() - start < 5


@pytest.mark.parametrize("arguments", [["--rtt", "fast", "127.0.0.1:0=127.0.0.1:1"],
                                       ["--rtt", "1", "127.0.0.1:0"], ["--rtt", "1", "x=y"], []])
def test_what_it_cannot_do_it_says(arguments):
    done = subprocess.run([RELAY, *arguments], capture_output=True, text=True, timeout=10)
    assert done.returncode in (1, 2) and done.stderr
