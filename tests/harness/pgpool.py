"""pgpool-II in front of a cluster, balancing reads over all of its nodes."""

import pathlib
import shutil

import psycopg

from . import process
from .cluster import DATABASE
from .wait import wait_for

PROGRAM = shutil.which("pgpool", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class PgPool:
    """`folder` must be where the servers' user may be: that of the cluster is."""

    def __init__(self, nodes, folder, clients=40):
        self.port = process.free_port()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        process.give_to_server_user(self.folder)
        self.log = self.folder / "pgpool.log"
        config = self.folder / "pgpool.conf"
        config.write_text("\n".join([*self._settings(clients), *self._backends(nodes)]) + "\n")
        for name in ("pcp.conf", "pool_hba.conf"):
            (self.folder / name).write_text("")
        self._process = process.spawn(
            [PROGRAM, "-n", "-f", config, "-F", self.folder / "pcp.conf", "-a",
             self.folder / "pool_hba.conf"], user=process.server_user(), log=self.log)
        wait_for(self._serves, lambda: f"pgpool\n{process.tail(self.log)}", ignore=psycopg.Error)

    def _settings(self, clients):
        return [
            "listen_addresses = '127.0.0.1'", f"port = {self.port}",
            f"pcp_port = {process.free_port()}", f"socket_dir = '{self.folder}'",
            f"pcp_socket_dir = '{self.folder}'", f"pid_file_name = '{self.folder}/pgpool.pid'",
            f"logdir = '{self.folder}'", "backend_clustering_mode = 'streaming_replication'",
            f"num_init_children = {clients}", "max_pool = 1", "load_balance_mode = on",
            "sr_check_period = 10", "sr_check_user = 'postgres'", "health_check_period = 0",
            "enable_pool_hba = off", "log_min_messages = error", "memory_cache_enabled = off"]

    @staticmethod
    def _backends(nodes):
        for number, node in enumerate(nodes):
            yield f"backend_hostname{number} = '127.0.0.1'"
            yield f"backend_port{number} = {node.port}"
            yield f"backend_data_directory{number} = '{node.data}'"
            yield f"backend_flag{number} = 'DISALLOW_TO_FAILOVER'"
            # The primary reads no less than it must.
            yield f"backend_weight{number} = {0 if number == 0 else 1}"

    def _serves(self):
        with psycopg.connect(host="127.0.0.1", port=self.port, dbname=DATABASE, user="postgres",
                             connect_timeout=2) as connection:
            return connection.execute("SELECT true").fetchone()[0]

    def close(self):
        self._process.terminate()
        self._process.wait(20)
