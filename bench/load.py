#!/usr/bin/env python3
"""What a statement costs: pgbench select-only against the server itself, pgbouncer and Tidemark.

Prints statements per second and the proxy's own CPU time per statement, which says more than the
rate does where pgbench, proxy and servers share the same few cores. The gateway is measured twice:
with reads on the standbys (level session) and with everything on the primary (level strong),
which is the row to compare with pgbouncer.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from harness import Cluster, Gateway, process, wait_for  # noqa: E402
from harness.node import BINARIES  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class PgBouncer:
    """pgbouncer in transaction mode in front of the primary."""

    def __init__(self, primary, folder):
        self.port = process.free_port()
        users = folder / "users.txt"
        users.write_text('"postgres" ""\n')
        config = folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\napp = host=127.0.0.1 port={primary.port}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = trust\n"
            f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = 40\n"
            "max_client_conn = 1000\nunix_socket_dir =\nlogfile =\n"
            "ignore_startup_parameters = extra_float_digits,options\n")
        self._process = process.spawn(
            ["/usr/sbin/pgbouncer", config], user=process.server_user(),
            log=folder / "pgbouncer.log")
        self.pid = self._process.pid

    def stop(self):
        self._process.terminate()
        self._process.wait(10)


def pgbench(port, clients, seconds, mode, options=""):
    out = process.run(
        [BINARIES / "pgbench", "-n", "-S", "-M", mode, "-c", clients, "-j", 1, "-T", seconds,
         f"host=127.0.0.1 port={port} user=postgres dbname=app {options}"], seconds=seconds + 60)
    count = int(re.search(r"transactions actually processed: (\d+)", out).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", out).group(1))
    latency = float(re.search(r"latency average = ([\d.]+)", out).group(1))
    return count, rate, latency


def measure(name, port, pid, arguments, options=""):
    for clients in arguments.clients:
        before = cpu_seconds(pid) if pid else 0
        count, rate, latency = pgbench(port, clients, arguments.seconds, arguments.mode, options)
        cost = f"{(cpu_seconds(pid) - before) / count * 1e6:8.1f}" if pid else " " * 8
        print(f"{name:24} {clients:7} {rate:12.0f} {latency:10.3f} {cost}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="length of each run (10)")
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--mode", choices=["simple", "extended", "prepared"], default="simple")
    arguments = parser.parse_args()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    folder.chmod(0o755)
    print("starting a primary and two standbys", flush=True)
    cluster = Cluster(standbys=2)
    try:
        process.run([BINARIES / "pgbench", "-i", "-s", "1", "-q", "-h", "127.0.0.1", "-p",
                     cluster.primary.port, "-U", "postgres", "app"])
        cluster.wait_until_caught_up()
        bouncer = PgBouncer(cluster.primary, folder)
        gateway = Gateway(cluster.nodes, folder, {"pool": {"size": 40}})
        gateway.wait_until_admitted(*cluster.standbys)
        wait_for(lambda: pgbench(bouncer.port, 1, 1, "simple"), "pgbouncer", ignore=AssertionError)
        print(f"{arguments.mode} protocol, {arguments.seconds} s each, {os.cpu_count()} cores\n")
        print(f"{'through':24} {'clients':>7} {'statements/s':>12} {'latency ms':>10} "
              f"{'CPU us':>8}")
        measure("the primary itself", cluster.primary.port, None, arguments)
        measure("pgbouncer", bouncer.port, bouncer.pid, arguments)
        measure("tidemark, strong", gateway.port, gateway.pid, arguments,
                "options='-c tidemark.level=strong'")
        measure("tidemark, session", gateway.port, gateway.pid, arguments)
        bouncer.stop()
        gateway.stop()
        return 0
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
