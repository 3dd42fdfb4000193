"""A primary with streaming standbys, in a folder of its own on free ports."""

import atexit
import contextlib
import os
import pathlib
import shutil
import tempfile

import psycopg

from . import process
from .node import BINARIES, Node

DATABASE = "app"

# Servers live in memory where there is plenty: a run makes and deletes some hundred thousand files.
MEMORY = pathlib.Path("/dev/shm")
PLENTY_BYTES = 4 << 30


def folder_of_servers():
    """Where temporary folders go, or None for the system's own choice."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= PLENTY_BYTES else None


class Template:
    """A data folder made once by initdb, of which every server of the test run is a copy.

    It was stopped cleanly, so a copy is good as a primary, and as a standby of another copy.
    """

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(
            prefix="tidemark-test-", dir=folder_of_servers()))
        self.folder.chmod(0o755)
        process.give_to_server_user(self.folder)
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.new_data("template")

    def new_data(self, name):
        """Another initdb: a cluster with a system identifier of its own."""
        node = Node(name, self.folder / name, process.free_port())
        node.folder.mkdir()
        process.give_to_server_user(node.folder)
        process.run(
            [BINARIES / "initdb", "-D", node.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync", "--data-checksums"], user=process.server_user())
        node._write_settings()
        node.start()
        node.sql(f"CREATE DATABASE {DATABASE}")
        node.sql("CREATE ROLE alice LOGIN")
        node.stop("fast")
        return node.data


class Cluster:
    """`primary` and `standbys`; `nodes` is all of them, in the order a gateway is told of them."""

    _template = None
    _count = 0

    def __init__(self, standbys=2, new_identity=False):
        template = self.template()
        Cluster._count += 1
        self.folder = template.folder / f"cluster{Cluster._count}"
        self._data = template.new_data(f"other{Cluster._count}") if new_identity else template.data
        self.folder.mkdir()
        process.give_to_server_user(self.folder)
        self.primary = self._new_node("primary")
        self.standbys = [self._new_node(f"standby{n}") for n in range(1, standbys + 1)]
        self.bring_up()

    @classmethod
    def template(cls):
        if cls._template is None:
            cls._template = Template()
        return cls._template

    @property
    def nodes(self):
        return [self.primary, *self.standbys]

    def node_at(self, address):
        return next(node for node in self.nodes if node.address == address)

    def _new_node(self, name):
        return Node(name, self.folder / name, process.free_port())

    # --- life --------------------------------------------------------------------------------

    def bring_up(self):
        """Starts every server anew from the template, whatever happened to them before."""
        self.destroy()
        self.primary.overrides = {}
        self.primary.copy_of(self._data).start()
        for standby in self.standbys:
            standby.overrides = {}
            standby.copy_of(self._data, self.primary).start(wait=False)
        for standby in self.standbys:
            standby.wait_until_it_accepts()
            standby.wait_until_it_streams()

    def add_standby(self, upstream=None):
        """One more standby, of the primary or of another standby (a cascade)."""
        node = self._new_node(f"standby{len(self.standbys) + 1}")
        node.folder.mkdir()
        process.give_to_server_user(node.folder)
        node.clone_from(upstream or self.primary).start()
        self.standbys.append(node)
        return node

    def destroy(self):
        """Ends every server and deletes its files."""
        for node in self.nodes:
            node.abandon()
        for node in self.nodes:
            node.wait_until_it_has_ended()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fail_over_to(self, standby):
        """Promotes a standby; the other standbys follow it. The old primary is left as it is."""
        standby.promote()
        for other in self.standbys:
            if other is not standby and other.is_running:
                other.follow(standby)
        old = self.primary
        self.standbys = [old, *(node for node in self.standbys if node is not standby)]
        self.primary = standby
        return old

    # --- state -------------------------------------------------------------------------------

    def sql(self, query, *parameters, dbname=DATABASE):
        return self.primary.sql(query, *parameters, dbname=dbname)

    def wait_until_caught_up(self, seconds=30):
        """Returns once every standby shows all that the primary has written by now."""
        lsn = self.primary.sql("SELECT pg_current_wal_flush_lsn()::text")
        for standby in self.standbys:
            standby.wait_until_it_covers(lsn, seconds)

    def heal(self):
        """Undoes what a test did: settings, pauses, connections, tables. Rebuilds if it must."""
        try:
            for node in self.nodes:
                self._heal_node(node)
            self._forget_data()
            self.wait_until_caught_up(10)
        except (AssertionError, psycopg.Error):
            self.bring_up()

    def _heal_node(self, node):
        if node.overrides:
            node.reset(*list(node.overrides))
        if not node.is_running:
            node.start()
        for pid in self._sessions_of(node):
            node.sql("SELECT pg_terminate_backend(%s)", pid)
        if node is not self.primary:
            node.resume_replay()

    @staticmethod
    def _sessions_of(node):
        query = ("SELECT array_agg(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                 " AND pid <> pg_backend_pid()")
        return node.sql(query) or []

    def _forget_data(self):
        with contextlib.closing(self.primary.connect()) as connection:
            schemas = connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
            for (schema,) in schemas.fetchall():
                connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
            connection.execute("CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC")
            prepared = connection.execute("SELECT gid FROM pg_prepared_xacts").fetchall()
            for (gid,) in prepared:
                connection.execute(f"ROLLBACK PREPARED '{gid}'")

    def mark_logs(self):
        for node in self.nodes:
            node.mark_log()

    def log_tails(self):
        return [(f"log of {node!r}", node.log_tail()) for node in self.nodes]
