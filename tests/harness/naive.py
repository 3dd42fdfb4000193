"""A naive gateway: routes by comparing positions in the log, and believes that the primary is
always freshest. What it does wrong, an audit must find. Simple queries and trust only."""

import asyncio
import random
import struct
import threading

from . import process

IS_READ = b"SELECT"
REPLAYED = b"pg_last_wal_replay_lsn()"
WRITTEN = b"pg_current_wal_lsn()"
HALF_A_GB = 1 << 29
NO_ENCRYPTION = {80877103, 80877104}  # SSLRequest, GSSENCRequest
CANCEL = 80877102


class Server:
    """One connection to a node."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port, startup):
        server = cls(*await asyncio.open_connection("127.0.0.1", port, limit=HALF_A_GB))
        server.writer.write(startup)
        return server, await server.answer()

    async def answer(self):
        """All bytes up to and with ReadyForQuery."""
        answer = bytearray()
        while True:
            head = await self.reader.readexactly(5)
            answer += head
            answer += await self.reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"Z":
                return bytes(answer)

    async def query(self, text):
        self.writer.write(b"Q" + struct.pack("!I", len(text) + 5) + text + b"\0")
        return await self.answer()

    async def position(self, function):
        """A position in the log as a number."""
        answer = await self.query(b"SELECT (" + function + b" - '0/0')::text")
        row = answer[answer.index(b"D\0"):]
        return int(row[11:11 + struct.unpack("!I", row[7:11])[0]])


class NaiveGateway:
    """Listens in a thread of its own. A read goes to the primary, or to a standby that has replayed
    what the session has written and read; whatever else goes to the primary."""

    def __init__(self, cluster):
        self.port = process.free_port()
        self._ports = [node.port for node in cluster.nodes]
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    async def _serve(self, reader, writer):
        servers = []
        try:
            startup = await self._startup(reader, writer)
            if startup is None:
                return
            for port in self._ports:
                server, greeting = await Server.connect(port, startup)
                servers.append(server)
                if server is servers[0]:
                    writer.write(greeting)
            await self._relay(reader, writer, servers)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, *(server.writer for server in servers)):
                each.close()

    @staticmethod
    async def _startup(reader, writer):
        while True:
            length, code = struct.unpack("!II", await reader.readexactly(8))
            rest = await reader.readexactly(length - 8)
            if code == CANCEL:
                return None
            if code not in NO_ENCRYPTION:
                return struct.pack("!II", length, code) + rest
            writer.write(b"N")

    @staticmethod
    async def _relay(reader, writer, servers):
        primary, *standbys = servers
        required, in_transaction = 0, False
        while True:
            kind, length = struct.unpack("!cI", await reader.readexactly(5))
            text = (await reader.readexactly(length - 4))[:-1]
            if kind != b"Q":
                return
            chosen = primary
            if not in_transaction and text.startswith(IS_READ):
                standby = random.choice(standbys)
                if await standby.position(REPLAYED) >= required:
                    chosen = random.choice((primary, standby))
            answer = await chosen.query(text)
            in_transaction = answer[-1:] != b"I"
            if not in_transaction:
                required = max(required, await chosen.position(
                    WRITTEN if chosen is primary else REPLAYED))
            writer.write(answer)
