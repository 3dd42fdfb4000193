"""Child processes that cannot outlive the test run, and ports that nothing else uses."""

import concurrent.futures
import ctypes
import os
import pathlib
import pwd
import random
import signal
import socket
import subprocess

PR_SET_PDEATHSIG = 1
# Below the range from which the kernel takes the ports of outgoing connections. Test runs at once
# (pytest -n) keep out of each other's way: a server that restarts finds its port free.
RUN, RUNS = (int(os.environ.get(name, default).removeprefix("gw")) for name, default in
             (("PYTEST_XDIST_WORKER", "gw0"), ("PYTEST_XDIST_WORKER_COUNT", "1")))
PORTS = range(20000 + RUN, 32000, RUNS)

_libc = ctypes.CDLL(None, use_errno=True)
# A parent-death signal is tied to the *thread* that forked, so one thread forks for all: tests
# may then start and stop servers from any thread of theirs.
_forker = concurrent.futures.ThreadPoolExecutor(1, "forker")
_taken = set()


def server_user():
    """The user that servers run as: PostgreSQL refuses root."""
    return "postgres" if os.geteuid() == 0 else None


def give_to_server_user(path):
    if user := server_user():
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _identity(user):
    if not user:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def spawn(command, *, user=None, log, death_signal=signal.SIGKILL, env=None, cwd="/"):
    """Starts a child that dies with us; its output is appended to the file `log`."""

    def die_with_parent():
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)

    def fork():
        with open(log, "ab") as output:
            return subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd=cwd, env=env, preexec_fn=die_with_parent,
                **_identity(user),
            )

    return _forker.submit(fork).result()


def run(command, *, user=None, env=None, input=None, seconds=120):
    """Runs a command to its end and returns what it printed; its errors are shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, input=input,
        timeout=seconds, cwd="/", env={**os.environ, **(env or {})}, **_identity(user),
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


def free_port():
    while True:
        port = random.choice(PORTS)
        if port in _taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port


def children_of(pid):
    """The process ids of all descendants of `pid`."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        queue += (children := parents.get(queue.pop(), []))
        found += children
    return found


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def tail(path, lines=40, start=0):
    """The last lines of a file, from the byte `start` on."""
    try:
        text = pathlib.Path(path).read_bytes()[start:].decode(errors="replace")
    except OSError as error:
        return f"({error})"
    return "\n".join(text.splitlines()[-lines:])
