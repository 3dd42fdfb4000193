"""One measurement: what was done, what it took, and what it cost the proxy."""

import dataclasses


@dataclasses.dataclass
class Measurement:
    """Of one run. Latencies are those of transactions; costs are per statement, or per `unit`."""

    way: str
    workload: str
    mode: str
    clients: int
    repetition: int
    unit: str = "statement"
    rate: float = 0           # units a second
    p50_ms: float = 0
    p99_ms: float = 0
    p999_ms: float = 0
    cpu_us: float = 0         # of all the proxy's threads, a unit
    own_us: float = 0         # of cpu_us, outside of the kernel: told in ticks, so roughly
    busiest_us: float = 0     # of its busiest thread, a unit: what limits it once a CPU is full
    switches: float = 0       # context switches a unit

    @property
    def cell(self):
        return self.workload, self.mode, self.clients

    def account(self, account, units):
        """Takes over what `account` says of the time in which so many units were done."""
        self.rate = units / (account.ended - account.began)
        if account.pids:
            self.cpu_us = account.cpu_seconds / units * 1e6
            self.own_us = self.cpu_us * account.own_part
            self.busiest_us = account.busiest_seconds / units * 1e6
            self.switches = account.switches / units
        return self

    def latencies(self, seconds):
        ordered = sorted(seconds)
        self.p50_ms, self.p99_ms, self.p999_ms = (
            percentile(ordered, part) * 1000 for part in (0.5, 0.99, 0.999))
        return self


def percentile(ordered, part):
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1:middle + 1]) / 2


def mean(values):
    return sum(values) / len(values)


def spread(values):
    """How far apart the repetitions lie, as a part of their median."""
    middle = median(values)
    return (max(values) - min(values)) / middle if middle else 0.0
