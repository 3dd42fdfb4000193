"""Ways to the same cluster: straight, and through each of the proxies that are compared."""

import contextlib
import os
import pathlib
import resource
import shutil

import psycopg

from harness import Gateway, process, toml, wait_for
from harness.cluster import DATABASE
from harness.gateway import binary, relay_binary

from .idle import IdleClients

# Server connections, of whoever pools per node, of others in all. As many as there are clients:
# pgbench prepares statements one client at a time, and would wait for ever for a connection that
# another one of its clients holds.
POOL = 80
MAX_CLIENTS = 12000


class Way:
    """A port to send statements to, and the processes that statements pass through on the way."""

    name = "?"
    is_proxy = True

    def __init__(self):
        self.port = process.free_port()
        self.options = ""
        self._process = None

    def pids(self):
        return [self._process.pid, *process.children_of(self._process.pid)] if self._process else []

    def conninfo(self, mode="simple"):
        words = f"host=127.0.0.1 port={self.port} user=postgres dbname={self.database(mode)}"
        return words + (f" options='{self.options}'" if self.options else "")

    def database(self, mode):
        return DATABASE

    @contextlib.contextmanager
    def measured(self):
        """While inside, it serves; outside it may rest."""
        yield self

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def _spawn(self, command, folder):
        self._process = process.spawn(
            command, user=process.server_user(), log=folder / f"{self.name}.log")
        wait_for(self._serves, lambda: f"{self.name}\n{process.tail(folder / f'{self.name}.log')}",
                 ignore=OSError)

    def _serves(self):
        with contextlib.closing(IdleClients(self.port)) as clients:
            clients.grow_to(1)
            return True


class Direct(Way):
    name = "direct"
    is_proxy = False

    def __init__(self, cluster, folder):
        super().__init__()
        self.port = cluster.primary.port


class PgBouncer(Way):
    """In front of the primary. Version 1.18 loses prepared statements in transaction mode, so what
    is measured with them is its session mode."""

    name = "pgbouncer"

    def __init__(self, cluster, folder):
        super().__init__()
        (folder / "users.txt").write_text('"postgres" ""\n')
        server = f"host=127.0.0.1 port={cluster.primary.port} dbname={DATABASE}"
        config = folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n{DATABASE} = {server} pool_mode=transaction pool_size={POOL}\n"
            f"sessions = {server} pool_mode=session pool_size={POOL}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = trust\n"
            f"auth_file = {folder}/users.txt\nmax_client_conn = {MAX_CLIENTS}\n"
            "unix_socket_dir =\nlogfile =\nlog_connections = 0\nlog_disconnections = 0\n"
            "ignore_startup_parameters = extra_float_digits,options\n")
        self._spawn([program("pgbouncer"), config], folder)

    def database(self, mode):
        return "sessions" if mode == "prepared" else DATABASE


class HaProxy(Way):
    """Copies bytes between a client and the primary, and does nothing else."""

    name = "haproxy"

    def __init__(self, cluster, folder, port=None):
        super().__init__()
        config = folder / "haproxy.cfg"
        config.write_text(
            f"global\n  maxconn {self.most_clients()}\n  nbthread 1\ndefaults\n  mode tcp\n"
            "  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n"
            f"listen primary\n  bind 127.0.0.1:{self.port} backlog 4096\n"
            f"  server primary 127.0.0.1:{port or cluster.primary.port}\n")
        self._spawn([program("haproxy"), "-db", "-f", config], folder)

    @staticmethod
    def most_clients():
        """It does not start unless it may open as many files as so many clients might need."""
        return min(MAX_CLIENTS, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500) // 2)


class Relay(Way):
    """The gateway's event loop, with nothing behind it: copies bytes between a client and the
    primary (bench/byte_relay.cpp)."""

    def __init__(self, cluster, folder, backend):
        super().__init__()
        self.name = f"relay {backend}"
        self._spawn([relay_binary("byte_relay"), backend, f"127.0.0.1:{self.port}",
                     f"127.0.0.1:{cluster.primary.port}"], folder)


class PgPool(Way):
    """Balances reads over all nodes, session by session; a process for every client."""

    name = "pgpool"

    def __init__(self, cluster, folder):
        super().__init__()
        config = folder / "pgpool.conf"
        lines = [
            "listen_addresses = '127.0.0.1'", f"port = {self.port}",
            f"pcp_port = {process.free_port()}", f"socket_dir = '{folder}'",
            f"pcp_socket_dir = '{folder}'", f"pid_file_name = '{folder}/pgpool.pid'",
            f"logdir = '{folder}'", "backend_clustering_mode = 'streaming_replication'",
            f"num_init_children = {POOL}", "max_pool = 1", "load_balance_mode = on",
            "sr_check_period = 10", "sr_check_user = 'postgres'", "health_check_period = 0",
            "enable_pool_hba = off", "log_min_messages = error", "memory_cache_enabled = off"]
        for number, node in enumerate(cluster.nodes):
            lines += [f"backend_hostname{number} = '127.0.0.1'",
                      f"backend_port{number} = {node.port}", f"backend_weight{number} = 1",
                      f"backend_data_directory{number} = '{node.data}'",
                      f"backend_flag{number} = 'DISALLOW_TO_FAILOVER'"]
        config.write_text("\n".join(lines) + "\n")
        for name in ("pcp.conf", "pool_hba.conf"):
            (folder / name).write_text("")
        self._spawn([program("pgpool"), "-n", "-f", config, "-F", folder / "pcp.conf",
                     "-a", folder / "pool_hba.conf"], folder)


class Tidemark(Way):
    """A gateway. It runs only while it is measured: else its samples would be in the figures of
    others. With `stays` it runs until it is stopped."""

    def __init__(self, cluster, folder, name="tidemark", level="session", net=None, nodes=None,
                 config=None, stays=False):
        super().__init__()
        self.name = name
        self.options = f"-c tidemark.level={level}"
        folder = folder / name.replace(" ", "-").replace(",", "")
        folder.mkdir()
        settings = {"pool": {"size": POOL}, "net": {"workers": 1} | (net or {})} | (config or {})
        self.gateway = Gateway(nodes or cluster.nodes, folder, settings, start=False)
        self.port = self.gateway.port
        self._standbys = nodes[1:] if nodes else cluster.standbys
        self._stays = stays
        if stays:
            self._start()

    def _start(self):
        self.gateway.start()
        self.gateway.wait_until_admitted(*self._standbys)
        wait_for(self._knows_the_tables, "the gateway to know the tables", ignore=psycopg.Error)

    def _knows_the_tables(self):
        with contextlib.closing(self.gateway.connect(level="eventual")) as connection:
            connection.execute("SELECT abalance FROM pgbench_accounts WHERE aid = 1")
            route = connection.execute("SHOW tidemark.route").fetchone()[0]
            return ("role=standby" if self._standbys else "no standby is admitted") in route

    def pids(self):
        return [self.gateway.pid] if self.gateway.is_running else []

    @contextlib.contextmanager
    def measured(self):
        if self._stays:
            yield self
            return
        self._start()
        try:
            yield self
        finally:
            self.gateway.stop()

    def stop(self):
        self.gateway.stop()


def program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        raise SystemExit(f"{name} is not installed: run tools/setup.sh --bench")
    return pathlib.Path(path)


def backends(folder):
    """The backends of the network that work here."""
    config = folder / "backend.toml"
    found = []
    for backend in ("epoll", "io_uring"):
        config.write_text(toml.dumps({"origins": {"main": {"nodes": ["127.0.0.1:1"]}},
                                      "net": {"backend": backend}}))
        with contextlib.suppress(AssertionError):
            process.run([binary(), "check", "--config", config])
            found.append(backend)
    return found


class UnknownWay(Exception):
    """Its text says which there are."""


def ways(cluster, folder, names=()):
    """All of them, or those of these names; a beginning stands for all that begin so."""
    kinds = [("direct", Direct), ("pgbouncer", PgBouncer), ("haproxy", HaProxy),
             ("pgpool", PgPool)]
    makers = {name: lambda kind=kind: kind(cluster, folder) for name, kind in kinds}

    def add(name, **options):
        makers[name] = lambda: Tidemark(cluster, folder, name=name, **options)

    known = backends(folder)
    for backend in known:
        makers[f"relay {backend}"] = lambda backend=backend: Relay(cluster, folder, backend)
    for backend in known:
        add(f"tidemark {backend}", net={"backend": backend})
    best = {"backend": known[-1]}
    add("tidemark eventual", level="eventual", net=best)
    add("tidemark primary alone", net=best, nodes=[cluster.primary])
    add("tidemark 2 workers", net=best | {"workers": 2})
    chosen = set(makers)
    if names:
        meant = {word: {word} & set(makers) or {name for name in makers if name.startswith(word)}
                 for word in names}
        for word, those in meant.items():
            if not those:
                raise UnknownWay(f"no way is called \"{word}\"; there are {', '.join(makers)}")
        chosen = set().union(*meant.values())
    return [make() for name, make in makers.items() if name in chosen]
