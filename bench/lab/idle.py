"""Clients that are connected and do nothing: what each costs in memory."""

import contextlib
import fcntl
import resource
import selectors
import socket
import struct
import threading
import time

from .accounts import resident_kib

WANTED_DESCRIPTORS = 60000
FIRST_DESCRIPTOR = 2000  # psycopg waits with select(), which knows no numbers above 1023
READY = b"Z\0\0\0\5I"
SETTLE_SECONDS = 1.5
QUERY = b"Q" + struct.pack("!I", 4 + 9) + b"SELECT 1\0"


def allow_descriptors():
    """As many as there may be: children inherit the limit. Returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, WANTED_DESCRIPTORS), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
    return soft


def _out_of_the_way(connection):
    """The same socket under a high number."""
    high = fcntl.fcntl(connection, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
    connection.close()
    return socket.socket(fileno=high)


def _until_ready(client):
    seen = b""
    while not seen.endswith(READY):
        more = client.recv(65536)
        if not more:
            raise ConnectionError(f"closed after {seen!r}")
        seen += more


def _startup(words):
    body = b"".join(f"{key}\0{value}\0".encode() for key, value in words.items()) + b"\0"
    return struct.pack("!II", len(body) + 8, 3 << 16) + body


class IdleClients:
    """Clients that have logged in, have run one statement, and then stay."""

    def __init__(self, port, database="app"):
        self._address = "127.0.0.1", port
        self._startup = _startup({"user": "postgres", "database": database})
        self._clients = []

    def grow_to(self, count):
        while len(self._clients) < count:
            client = _out_of_the_way(socket.create_connection(self._address, timeout=30))
            client.settimeout(30)
            self._clients.append(client)
            client.sendall(self._startup)
            _until_ready(client)
            client.sendall(QUERY)
            _until_ready(client)

    def close(self):
        for client in self._clients:
            client.close()
        self._clients = []


class MuteServer(threading.Thread):
    """Answers like a server with nothing to say: who needs a server connection per client would
    otherwise need thousands of PostgreSQL's processes."""

    def __init__(self):
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._answer(key.fileobj)

    def _accept(self):
        with contextlib.suppress(BlockingIOError):
            connection, _ = self._listener.accept()
            self._selector.register(_out_of_the_way(connection), selectors.EVENT_READ)

    def _answer(self, connection):
        asked = b""
        with contextlib.suppress(ConnectionError):
            asked = connection.recv(4096)
        if not asked:
            self._selector.unregister(connection)
            connection.close()
        elif asked.startswith(b"Q"):
            connection.sendall(b"C\0\0\0\rSELECT 1\0" + READY)
        else:
            connection.sendall(b"R\0\0\0\x08\0\0\0\0" + READY)


def measure(way, counts):
    """Number of idle clients -> KiB of resident memory, once what the start took is given back."""
    clients, resident = IdleClients(way.port), {}
    with way.measured(), contextlib.closing(clients):
        time.sleep(SETTLE_SECONDS)
        for count in counts:
            clients.grow_to(count)
            resident[count] = resident_kib(way.pids())
    return resident
