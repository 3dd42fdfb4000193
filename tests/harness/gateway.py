"""A gateway in front of a cluster, and connections through it."""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import signal
import subprocess

import psycopg

from . import process, toml
from .cluster import DATABASE
from .wait import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    return pathlib.Path(os.environ.get("TIDEMARK_BINARY", ROOT / "build/release/tidemark"))


def relay_binary(name="delay_relay"):
    """The relay that puts a distance between two ends (bench/delay_relay.cpp), or another one."""
    beside = binary().parent / name
    return beside if beside.exists() else ROOT / "build/release" / name


def backend():
    """What the gateways of this run take as net.backend; empty: whatever works."""
    return os.environ.get("TIDEMARK_TEST_BACKEND", "")


def is_direct():
    """Whether the tests talk to the primary itself, to tell a wrong test from a wrong gateway."""
    return os.environ.get("TIDEMARK_TEST_DIRECT", "") not in ("", "0")


@dataclasses.dataclass
class Route:
    """What SHOW tidemark.route said of the last statement."""

    node: str
    role: str
    level: str
    text: str

    @classmethod
    def parse(cls, text):
        words = dict(part.split("=", 1) for part in shlex.split(text) if "=" in part)
        return cls(words.get("node", ""), words.get("role", ""), words.get("level", ""), text)


def route(connection):
    """Where the last statement of this psycopg connection went."""
    return Route.parse(connection.execute("SHOW tidemark.route").fetchone()[0])


class Gateway:
    """`tidemark serve` as a child process. `config` is laid over the defaults, table by table."""

    def __init__(self, nodes, folder, config=None, start=True):
        self.nodes = list(nodes)
        self.folder = pathlib.Path(folder)
        self.port = self.nodes[0].port if is_direct() else process.free_port()
        self.config_path = self.folder / "tidemark.toml"
        self.log_path = self.folder / "gateway.log"
        self.config = toml.merged(self._defaults(), config or {})
        self._process = None
        self._ended_on_purpose = False
        if start:
            self.start()

    def _defaults(self):
        return {
            "listen": {"address": f"127.0.0.1:{self.port}"},
            "auth": {"method": "trust"},
            "origins": {"main": {
                "nodes": [node.address for node in self.nodes],
                "user": "postgres", "database": "postgres"}},
            "monitor": {"interval": "10ms"},
            "pool": {"size": 20},
            "consistency": {"default": "session"},
        } | ({"net": {"backend": backend()}} if backend() else {})

    # --- life --------------------------------------------------------------------------------

    @property
    def pid(self):
        return self._process.pid

    def start(self, wait=True):
        if is_direct():
            return self
        self.write_config()
        self._ended_on_purpose = False
        self._process = process.spawn(
            [binary(), "serve", "--config", self.config_path], log=self.log_path)
        if wait:
            self.wait_until_it_accepts()
        return self

    def write_config(self, extra=None):
        self.config = toml.merged(self.config, extra or {})
        self.config_path.write_text(toml.dumps(self.config))

    def wait_until_it_accepts(self):
        def accepts():
            assert self.is_running, f"the gateway ended:\n{self.log_tail()}"
            with self.connect(connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone()

        wait_for(accepts, "the gateway to accept connections", ignore=psycopg.Error)

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def reload(self, extra=None):
        """Writes a changed configuration and tells the gateway to read it."""
        self.write_config(extra)
        self._process.send_signal(signal.SIGHUP)

    def terminate(self, number=signal.SIGTERM):
        """Asks it to end, and returns at once."""
        self._ended_on_purpose = True
        if self.is_running:
            self._process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends it and returns its exit status."""
        self.terminate(number)
        if self._process is None:
            return 0
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the gateway did not end in {seconds} s:\n{self.log_tail()}")

    def check_health(self):
        """Fails if the gateway ended by itself or found itself wrong."""
        if is_direct() or self._process is None:
            return
        if not self._ended_on_purpose:
            assert self.is_running, (
                f"the gateway ended with {self._process.returncode}:\n{self.log_tail()}")
        for line in self.log_text().splitlines():
            wrong = "level=critical" in line or "Sanitizer" in line or "check failed" in line
            assert not wrong, f"the gateway's log says: {line}\n{self.log_tail()}"

    def close(self):
        """Ends it at the end of a test, whatever state it is in, and fails if that was bad."""
        if self._process is None:
            return
        try:
            self.check_health()
        finally:
            if self.is_running:
                self._process.kill()
                self._process.wait()

    # --- what it said ------------------------------------------------------------------------

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self):
        return process.tail(self.log_path)

    # --- connections -------------------------------------------------------------------------

    def conninfo(self, dbname=DATABASE, user="postgres", **more):
        words = {"host": "127.0.0.1", "port": self.port, "dbname": dbname, "user": user} | more
        return psycopg.conninfo.make_conninfo(**words)

    def connect(self, dbname=DATABASE, level=None, autocommit=True, **options):
        """A psycopg connection; `level` sets tidemark.level for it."""
        options = {"connect_timeout": 10, "user": "postgres"} | options
        connection = psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=dbname, autocommit=autocommit, **options)
        if level and not is_direct():
            connection.execute(f"SET tidemark.level = '{level}'")
            if not autocommit:
                connection.commit()
        return connection

    def sql(self, query, *parameters, **options):
        """Runs one statement on a connection of its own: its first value, or None."""
        with contextlib.closing(self.connect(**options)) as connection:
            cursor = connection.execute(query, parameters or None)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def wait_until_admitted(self, *nodes):
        """Returns once reads at level eventual are served by every one of these nodes."""
        wanted = {node.address for node in nodes}
        seen = set()

        def serves():
            # A session likes to stay where it is: every look is another one.
            with contextlib.closing(self.connect(level="eventual")) as connection:
                connection.execute("SELECT 1 FROM pg_class LIMIT 1")
                seen.add(route(connection).node)
            return wanted <= seen

        wait_for(serves, lambda: f"the gateway to admit {wanted}; it used {seen}\n"
                                 f"{self.log_tail()}", ignore=psycopg.Error)
        return self
