"""A run in a few lines: where the gateway stands next to the bars that it is held to."""

from .measurement import mean, median
from .pgbench import SELECT_ONLY
from .summary import NONE, markdown, number

ONE_WORKER = ("tidemark", "tidemark epoll", "tidemark io_uring")
TIDEMARK = "tidemark"
PEER = "pgbouncer"
RELAY = "relay "  # and the backend
ALONE = "tidemark primary alone"
MANY = 10_000  # idle clients: with fewer the programs' own size is most of what each takes


def _gateways(told):
    return [way for way in told.ways if way in ONE_WORKER]


def _cost(told):
    """CPU time of select-only in times pgbouncer's, by protocol, where there is something to do."""
    for mode in dict.fromkeys(cell[1] for cell in told.cells if cell[0] == SELECT_ONLY.name):
        for way in _gateways(told):
            ratios = {cell[2]: told.ratio(cell, way, "cpu_us", PEER) for cell in told.cells
                      if cell[:2] == (SELECT_ONLY.name, mode) and cell[2] >= 8}
            text = ", ".join(f"{ratio:.2f} with {clients} clients"
                             for clients, ratio in ratios.items() if ratio)
            bar = "0.85" if way.endswith("io_uring") else "1.00"
            yield f"CPU per statement ÷ pgbouncer's, {mode}: {way}", text or NONE, f"at most {bar}"


def _is_busy(cell):
    return cell[0] == SELECT_ONLY.name and cell[2] >= 8


def _range_of_costs(told, way):
    """Of all protocols and numbers of clients, in times pgbouncer's."""
    ratios = [ratio for cell in told.cells if _is_busy(cell)
              and (ratio := told.ratio(cell, way, "cpu_us", PEER))]
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else NONE


def _bounds(told):
    """What the same would cost with less to do."""
    if ALONE in told.ways:
        yield (f"the same where all is sent to the primary, as pgbouncer does: {ALONE}",
               _range_of_costs(told, ALONE), NONE)
    for way in told.ways:
        if way.startswith(RELAY):
            yield (f"the same of a relay that copies bytes: {way}", _range_of_costs(told, way),
                   NONE)


def _own_code(told):
    """A statement has few of the clock's ticks: only all cells together tell."""
    means = {}
    for way in told.ways:
        if way != PEER and not way.startswith(RELAY) and way not in ONE_WORKER:
            continue
        values = [value for cell in told.cells if _is_busy(cell)
                  for value in told.values(cell, way, "own_us")]
        if values and any(values):
            means[way] = mean(values)
    text = ", ".join(f"{way} {value:.1f}" for way, value in means.items())
    yield "CPU outside of the kernel per statement, µs, all cells", text or NONE, NONE


def _latency(told):
    for cell in told.cells:
        if cell[0] != SELECT_ONLY.name or cell[2] != 1:
            continue
        added = {way: (told.median(cell, way, "p50_ms") - told.median(cell, "direct", "p50_ms"))
                 for way in (PEER, *_gateways(told))}
        text = ", ".join(f"{way} {value * 1000:+.0f} µs" for way, value in added.items())
        yield f"median latency added at one client, {cell[1]}", text, "at most pgbouncer's"


def _mix(told):
    for cell in told.cells:
        if cell[0] == "90/10 mix":
            text = ", ".join(f"{way} {ratio:.2f}" for way in told.ways
                             if way == PEER or way.startswith(TIDEMARK)
                             if (ratio := told.ratio(cell, way, "rate", "pgpool")))
            yield (f"90/10 mix, {cell[1]}, {cell[2]} clients: throughput ÷ pgpool-II's", text,
                   "at least 2")


def _memory(memory):
    # The greatest number of clients that both have had.
    for way, resident in memory.items():
        common = set(resident) & set(memory.get(PEER, {})) - {0}
        if way in ONE_WORKER and common:
            most = max(common)
            each = (resident[most] - memory[PEER][most]) / most
            yield (f"memory per client beyond pgbouncer's, {most:,} idle clients: {way}",
                   f"{each:.2f} KiB", "at most 2 KiB" if most >= MANY else NONE)


def _second_worker(told):
    """The busiest thread of two workers next to the one of one, over all cells that have both."""
    one = next(iter(_gateways(told)[-1:]), None)
    gains = []
    for cell in told.cells:
        alone, shared = (told.median(cell, way, "busiest_us") for way in (one,
                                                                          "tidemark 2 workers"))
        if cell[2] >= 64 and alone and shared:
            gains.append(alone / shared)
    if gains:
        yield (f"statements per CPU second of the busiest worker, two workers ÷ one ({one})",
               f"{number(median(gains))}", "more than 1")


def table(told, memory):
    rows = [["", "this run", "wanted"]]
    if {"direct", PEER} <= set(told.ways):
        parts = (_cost(told), _bounds(told), _own_code(told), _latency(told), _mix(told),
                 _memory(memory), _second_worker(told))
        rows += [list(row) for part in parts for row in part]
    return markdown(rows)
