"""Medians over repetitions, as tables in Markdown and as rows in CSV."""

import csv
import dataclasses
import os
import pathlib
import platform

from .measurement import Measurement, median, spread
from .pgbench import SELECT_ONLY

NONE = "–"


class Summary:
    """Measurements by cell (workload, mode, clients) and way, in the order they first came."""

    def __init__(self, measurements):
        self.groups, self.ways, self.cells = {}, [], []
        for measured in measurements:
            self.groups.setdefault((measured.cell, measured.way), []).append(measured)
            if measured.way not in self.ways:
                self.ways.append(measured.way)
            if measured.cell not in self.cells:
                self.cells.append(measured.cell)

    def values(self, cell, way, what):
        return [getattr(measured, what) for measured in self.groups.get((cell, way), [])]

    def median(self, cell, way, what):
        values = self.values(cell, way, what)
        return median(values) if values else None

    def ratio(self, cell, way, what, to):
        value, base = self.median(cell, way, what), self.median(cell, to, what)
        return value / base if value is not None and base else None

    def unit(self, cell):
        return next(group[0].unit for (its, _), group in self.groups.items() if its == cell)

    # --- tables ------------------------------------------------------------------------------

    def _rows(self, text):
        heads = ["", "clients", *self.ways]
        return [heads] + [[name_of(cell), str(cell[2]), *(text(cell, way) for way in self.ways)]
                          for cell in self.cells]

    def cost(self):
        """CPU time of the proxy, with its spread, and how many times pgbouncer's it is."""
        def text(cell, way):
            cpu = self.median(cell, way, "cpu_us")
            if not cpu:
                return NONE
            ratio = self.ratio(cell, way, "cpu_us", "pgbouncer")
            own = number(cpu) + give_or_take(self.values(cell, way, "cpu_us"))
            return own + (f" ({ratio:.2f}×)" if ratio and way != "pgbouncer" else "")
        return markdown(self._rows(text))

    def throughput(self):
        """Units a second, with the spread, and which part of the direct connection's it is."""
        def text(cell, way):
            rate = self.median(cell, way, "rate")
            if rate is None:
                return NONE
            ratio = self.ratio(cell, way, "rate", "direct")
            own = number(rate) + give_or_take(self.values(cell, way, "rate"))
            return own + (f" ({ratio:.2f}×)" if ratio and way != "direct" else "")
        return markdown(self._rows(text))

    def latency(self):
        def text(cell, way):
            values = [self.median(cell, way, what) for what in ("p50_ms", "p99_ms", "p999_ms")]
            return NONE if None in values else " / ".join(map(number, values))
        return markdown(self._rows(text))

    def added_latency(self):
        """What each way adds to the direct median, for one client, in microseconds."""
        def text(cell, way):
            own, direct = (self.median(cell, name, "p50_ms") for name in (way, "direct"))
            return NONE if None in (own, direct) else f"{(own - direct) * 1000:+.0f}"
        cells = [cell for cell in self.cells if cell[0] == SELECT_ONLY.name and cell[2] == 1]
        ways = [way for way in self.ways if way != "direct"]
        return markdown([["", *ways]] + [[name_of(cell), *(text(cell, way) for way in ways)]
                                         for cell in cells])

    def switches(self):
        def text(cell, way):
            count = self.median(cell, way, "switches")
            return number(count) if count else NONE
        return markdown(self._rows(text))

    def capacity(self):
        """What the busiest thread of a gateway could do if it had a CPU to itself."""
        rows = [["", "clients", "workers", "CPU µs, all threads", "CPU µs, busiest thread",
                 "statements per second of it"]]
        for way in ("tidemark", "tidemark epoll", "tidemark io_uring", "tidemark 2 workers"):
            for cell in self.cells:
                busiest = self.median(cell, way, "busiest_us")
                if cell[0] == SELECT_ONLY.name and cell[2] >= 8 and busiest:
                    rows.append([f"{way}: {name_of(cell)}", str(cell[2]),
                                 "2" if way.endswith("workers") else "1",
                                 number(self.median(cell, way, "cpu_us")), number(busiest),
                                 number(1e6 / busiest)])
        return markdown(rows)


def name_of(cell):
    return f"{cell[0]}, {cell[1]}"


def give_or_take(values):
    return f" ±{spread(values) / 2:.0%}" if len(values) > 1 else ""


def number(value):
    """Three digits are what a run of seconds can tell."""
    if value is None:
        return NONE
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def markdown(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    def line(cells):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])]) + "\n"


def write_csv(path, rows, heads):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def write_measurements(path, measurements):
    heads = [field.name for field in dataclasses.fields(Measurement)]
    write_csv(path, [[f"{value:.4g}" if isinstance(value, float) else value
                      for value in dataclasses.astuple(measured)] for measured in measurements],
              heads)


def machine():
    """One line on where this ran, and what else was running."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} cores of {model}, Linux {platform.release()}; "
            f"load average before: {load:.2f}")
