"""What the kernel says that processes have used: the figures that a busy machine spoils least."""

import pathlib
import subprocess
import time

SYSTEM_CALLS = "raw_syscalls:sys_enter"


def _threads(pids):
    for pid in pids:
        yield from pathlib.Path(f"/proc/{pid}/task").glob("*")


def _read(path):
    try:
        return path.read_text()
    except OSError:  # the thread has ended meanwhile
        return ""


def cpu_seconds_by_thread(pids):
    """Thread -> seconds on a CPU, user and system, in nanoseconds' resolution."""
    used = {}
    for thread in _threads(pids):
        if text := _read(thread / "schedstat"):
            used[thread.name] = int(text.split()[0]) / 1e9
    return used


def clock_ticks(pids):
    """In the processes' own code and in the kernel: where the clock's ticks found them."""
    own = kernel = 0
    for pid in pids:
        if text := _read(pathlib.Path(f"/proc/{pid}/stat")):
            fields = text.rpartition(")")[2].split()
            own, kernel = own + int(fields[11]), kernel + int(fields[12])
    return own, kernel


def context_switches(pids):
    """How often the threads have given up a CPU, or had to."""
    count = 0
    for thread in _threads(pids):
        for line in _read(thread / "status").splitlines():
            if "ctxt_switches" in line:
                count += int(line.split()[1])
    return count


def _kib(text):
    """What a file of /proc says: name -> KiB."""
    lines = (line.split() for line in text.splitlines())
    return {words[0]: int(words[1]) for words in lines if words[-1:] == ["kB"]}


def resident_kib(pids):
    """Resident memory. What processes have written counts once where they share it; of the pages of
    program files, all those of the process with most. Not PSS: that falls when a stranger, or
    another copy of the same program, maps the same files."""
    written = files = 0
    for pid in pids:
        shared = _kib(_read(pathlib.Path(f"/proc/{pid}/smaps_rollup")))
        written += shared.get("Pss_Anon:", 0) + shared.get("Pss_Shmem:", 0)
        own = _kib(_read(pathlib.Path(f"/proc/{pid}/status")))
        files = max(files, own.get("RssFile:", 0))
    return written + files


class Account:
    """What some processes use between two instants."""

    def __init__(self, pids):
        self.pids = pids
        self._cpu, self._switches = cpu_seconds_by_thread(pids), context_switches(pids)
        self._ticks = clock_ticks(pids)
        self.began = time.time()

    def close(self):
        self.ended = time.time()
        now = cpu_seconds_by_thread(self.pids)
        used = [seconds - self._cpu.get(thread, 0) for thread, seconds in now.items()]
        self.cpu_seconds = sum(used)
        self.busiest_seconds = max(used, default=0)
        self.switches = context_switches(self.pids) - self._switches
        own, kernel = (now - before for now, before in zip(clock_ticks(self.pids), self._ticks))
        self.own_part = own / (own + kernel) if own + kernel else 0
        return self


def system_calls(pids, seconds):
    """How many system calls the processes make in so many seconds, or None if nothing can tell.

    perf counts in the kernel. strace stops the process at each call, which makes it batch less or
    more than it would: it is taken only where perf may not look.
    """
    counting = ["perf", "stat", "-x,", "-e", SYSTEM_CALLS, "-p", ",".join(map(str, pids)), "--",
                "sleep", str(seconds)]
    try:
        told = subprocess.run(counting, capture_output=True, text=True, timeout=seconds + 30).stderr
    except FileNotFoundError:
        return _traced_calls(pids, seconds)
    for line in told.splitlines():
        fields = line.split(",")
        if SYSTEM_CALLS in line and fields[0].isdigit():
            return int(fields[0])
    return _traced_calls(pids, seconds)


def _traced_calls(pids, seconds):
    tracing = ["timeout", "-s", "INT", str(seconds), "strace", "-c", "-f"]
    tracing += [word for pid in pids for word in ("-p", str(pid))]
    try:
        told = subprocess.run(tracing, capture_output=True, text=True, timeout=seconds + 30).stderr
    except FileNotFoundError:
        return None
    totals = [line.split() for line in told.splitlines() if line.endswith("total")]
    return int(totals[0][-2] if totals[0][-2].isdigit() else totals[0][-3]) if totals else None
