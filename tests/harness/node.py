"""One PostgreSQL server, primary or standby, and what a test may do to it."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import psycopg

from . import process
from .wait import wait_for

BINARIES = pathlib.Path(os.environ.get("PG_BINDIR", "/usr/lib/postgresql/15/bin"))
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

# Small and quick. A test that crashes a server and cares what survives sets fsync=on.
SETTINGS = {
    "listen_addresses": "127.0.0.1", "max_connections": 200, "shared_buffers": "16MB",
    "fsync": "off", "full_page_writes": "on", "wal_level": "logical", "wal_keep_size": "512MB",
    "max_wal_senders": 20, "max_replication_slots": 20, "max_prepared_transactions": 20,
    "hot_standby": "on", "hot_standby_feedback": "off", "autovacuum": "off", "jit": "off",
    "wal_receiver_status_interval": "1s", "wal_retrieve_retry_interval": "50ms",
    "restart_after_crash": "on", "log_line_prefix": "%m [%p] %q%u@%d/%a ",
    "log_checkpoints": "off", "log_min_messages": "warning", "wal_sender_timeout": "10s",
    # The server logs something of its own now and then: until it is flushed, no standby has it.
    "wal_writer_delay": "10ms",
}


class Node:
    """The server in `folder`. Thread rule: one thread at a time changes a node; any may query."""

    def __init__(self, name, folder, port):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = port
        self.upstream = None
        self.overrides = {}
        self._process = None
        self._log_start = 0

    def __repr__(self):
        return f"<{self.name} {self.address}>"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    # --- the files ---------------------------------------------------------------------------

    def copy_of(self, data, upstream=None):
        """Lays out the data folder as a copy of a stopped server's, and who it follows."""
        self.folder.mkdir(parents=True, exist_ok=True)
        process.give_to_server_user(self.folder)
        shutil.rmtree(self.data, ignore_errors=True)
        process.run(["cp", "-a", "--reflink=auto", data, self.data], user=process.server_user())
        (self.data / "standby.signal").unlink(missing_ok=True)
        self.upstream = upstream
        self._write_settings()
        return self

    def clone_from(self, upstream):
        """Takes a new base backup of `upstream`, which it then follows. The node is stopped."""
        assert not self.is_running
        shutil.rmtree(self.data, ignore_errors=True)
        process.run(
            [BINARIES / "pg_basebackup", "-h", "127.0.0.1", "-p", upstream.port, "-U", "postgres",
             "-D", self.data, "--checkpoint=fast", "--no-sync", "-X", "stream"],
            user=process.server_user(),
        )
        self.upstream = upstream
        self._write_settings()
        return self

    def _write_settings(self):
        settings = SETTINGS | {
            "port": self.port, "cluster_name": self.name,
            "unix_socket_directories": str(self.folder),
            "primary_conninfo": self._conninfo_of_upstream(),
        } | self.overrides
        lines = [f"{key} = '{value}'" for key, value in settings.items()]
        (self.data / "postgresql.auto.conf").write_text("")
        (self.data / "postgresql.conf").write_text("\n".join(lines) + "\n")
        hba = "".join(f"{kind} trust\n" for kind in (
            "local all all", "host all all 127.0.0.1/32",
            "local replication all", "host replication all 127.0.0.1/32"))
        (self.data / "pg_hba.conf").write_text(hba)
        if self.upstream:
            (self.data / "standby.signal").touch()
        for name in ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf"):
            process.give_to_server_user(self.data / name)

    def _conninfo_of_upstream(self):
        if not self.upstream:
            return ""
        return (f"host=127.0.0.1 port={self.upstream.port} user=postgres "
                f"application_name={self.name} connect_timeout=2")

    # --- the process -------------------------------------------------------------------------

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    def start(self, wait=True):
        assert not self.is_running, f"{self} is running"
        self._process = process.spawn(
            [BINARIES / "postgres", "-D", self.data], user=process.server_user(), log=self.log,
            death_signal=signal.SIGQUIT,
        )
        if wait:
            self.wait_until_it_accepts()
        return self

    def wait_until_it_accepts(self, seconds=30):
        def accepts():
            assert self.is_running, f"{self} ended:\n{process.tail(self.log)}"
            return self.sql("SELECT true")

        wait_for(accepts, f"{self} to accept connections", seconds, ignore=psycopg.Error)

    def stop(self, mode="fast"):
        if self.is_running:
            self._process.send_signal(STOP_SIGNALS[mode])
            self._process.wait(60)
        return self

    def restart(self, mode="fast"):
        return self.stop(mode).start()

    def kill9(self):
        """Ends every process of the server at once, as a machine that loses its power does."""
        if not self.is_running:
            return self
        pids = [self._process.pid, *process.children_of(self._process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        wait_for(lambda: not any(map(process.is_alive, pids)), f"{self} to be gone")
        return self

    def abandon(self):
        """Has it drop everything and end. Unlike kill9() that gives its shared memory back."""
        if self.is_running:
            self.thaw()
            self._process.send_signal(signal.SIGQUIT)

    def wait_until_it_has_ended(self):
        """Behind abandon(); a server that does not end is killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(10)
        self.kill9()

    def freeze(self):
        """Stops the server's processes without ending them: it answers nothing, closes nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        for pid in [self._process.pid, *process.children_of(self._process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    # --- roles and replication ---------------------------------------------------------------

    def promote(self):
        self.sql("SELECT pg_promote(true, 30)")
        wait_for(lambda: not self.sql("SELECT pg_is_in_recovery()"), f"{self} to be promoted")
        self.upstream = None
        return self

    def follow(self, upstream):
        """Streams from another node from now on: after a failover, or as a cascade."""
        self.upstream = upstream
        self._write_settings()
        if self.is_running:
            self._reload("primary_conninfo", self._conninfo_of_upstream())
        return self

    def cut_upstream(self):
        """Streams from nowhere: what it has not received by now it will not get."""
        dead = f"host=127.0.0.1 port={process.free_port()} user=postgres"
        self.set(primary_conninfo=dead)
        wait_for(lambda: not self.sql("SELECT count(*) FROM pg_stat_wal_receiver"),
                 f"{self} to lose its upstream")

    def restore_upstream(self):
        self.reset("primary_conninfo")

    def pause_replay(self):
        self.sql("SELECT pg_wal_replay_pause()")
        wait_for(lambda: self.sql("SELECT pg_get_wal_replay_pause_state()") == "paused",
                 f"{self} to pause its replay")

    def resume_replay(self):
        self.sql("SELECT pg_wal_replay_resume()")

    def lsn(self):
        """How far this node shows data: what is written on a primary, replayed on a standby."""
        return self.sql("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
                        "ELSE pg_current_wal_insert_lsn() END::text")

    def wait_until_it_covers(self, lsn, seconds=30):
        wait_for(lambda: self.sql("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", lsn),
                 f"{self} to replay up to {lsn}", seconds, ignore=psycopg.OperationalError)

    def wait_until_it_streams(self, seconds=30):
        streams = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
        wait_for(lambda: self.sql(streams), f"{self} to stream", seconds,
                 ignore=psycopg.OperationalError)

    # --- settings ----------------------------------------------------------------------------

    def set(self, **settings):
        """Changes settings and waits until they are in force; those that need a restart wait."""
        self.overrides |= settings
        self._write_settings()
        for name, value in settings.items():
            self._reload(name, value)

    def reset(self, *names):
        for name in names:
            self.overrides.pop(name, None)
        self._write_settings()
        for name in names:
            self._reload(name, None)

    def _reload(self, name, value):
        if not self.is_running:
            return
        before = self.sql("SELECT pg_conf_load_time()::text")
        self._process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.sql("SELECT pg_conf_load_time()::text") != before,
                 f"{self} to load {name} = {value!r}")

    # --- queries -----------------------------------------------------------------------------

    def connect(self, dbname="app", **options):
        options = {"autocommit": True, "connect_timeout": 10, "user": "postgres"} | options
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=dbname, **options)

    def sql(self, query, *parameters, dbname="postgres"):
        """Runs one statement on a connection of its own: its first value, or None."""
        with contextlib.closing(self.connect(dbname)) as connection:
            cursor = connection.execute(query, parameters or None)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def mark_log(self):
        """From here on log_tail() leaves out what the log says by now."""
        self._log_start = self.log.stat().st_size if self.log.exists() else 0

    def log_tail(self):
        return process.tail(self.log, start=self._log_start)
