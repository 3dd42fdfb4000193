"""Plots in SVG, from the summary of a run."""

from .pgbench import SELECT_ONLY
from .summary import name_of

COLOURS = {"direct": "#999999", "pgbouncer": "#4c72b0", "haproxy": "#8c8c4a", "pgpool": "#c44e52",
           "relay epoll": "#c9c9a0", "relay io_uring": "#b0b070",
           "tidemark": "#55a868", "tidemark epoll": "#55a868", "tidemark io_uring": "#2a7a4b",
           "median": "#55a868", "99th percentile": "#4c72b0", "ideal": "#999999",
           "tidemark eventual": "#8ed1a5", "tidemark 2 workers": "#64b5cd",
           "tidemark primary alone": "#1b4d2f"}


def _pyplot():
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.hashsalt": "tidemark", "font.size": 8, "axes.spines.top": False,
        "axes.spines.right": False, "legend.frameon": False})
    import matplotlib.pyplot as pyplot

    return pyplot


def _save(pyplot, figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def bars(path, title, label, groups, values, ways, logarithmic=False):
    """`values(group, way)` is the height of a bar, or None for no bar."""
    pyplot = _pyplot()
    ways = [way for way in ways if any(values(group, way) for group in groups)]
    if not groups or not ways:
        return
    figure, axes = pyplot.subplots(figsize=(max(5, 0.9 + 1.25 * len(groups)), 3.6))
    width = 0.85 / len(ways)
    for place, way in enumerate(ways):
        heights = [values(group, way) or 0 for group in groups]
        axes.bar([number + (place + 0.5) * width - 0.425 for number in range(len(groups))],
                 heights, width, label=way, color=COLOURS.get(way))
    axes.set_xticks(range(len(groups)), [str(group).replace(", ", "\n") for group in groups])
    axes.set_title(title, loc="left")
    axes.set_ylabel(label)
    if logarithmic:
        axes.set_yscale("log")
    axes.legend(ncol=min(len(ways), 4), loc="upper center", bbox_to_anchor=(0.5, -0.2))
    _save(pyplot, figure, path)


def of_load(summary, folder):
    """cpu.svg, throughput.svg and latency.svg."""
    def draw(file, title, label, cells, what, **options):
        names = {f"{name_of(cell)}, {cell[2]}": cell for cell in cells}
        bars(folder / file, title, label, list(names),
             lambda name, way: summary.median(names[name], way, what), summary.ways, **options)

    reads = [cell for cell in summary.cells if cell[0] == SELECT_ONLY.name]
    draw("cpu.svg", "CPU time of the proxy per statement; select-only, by protocol and clients",
         "µs", reads, "cpu_us")
    draw("throughput.svg", "Throughput, by protocol and clients", "per second",
         [cell for cell in summary.cells if cell[2] >= 8], "rate", logarithmic=True)
    draw("latency.svg", "99th percentile of latency; select-only, by protocol and clients", "ms",
         reads, "p99_ms", logarithmic=True)


def of_memory(memory, folder):
    """`memory`: way -> number of idle clients -> KiB."""
    counts = sorted({count for resident in memory.values() for count in resident if count >= 1000})
    bars(folder / "memory.svg", "Resident memory, by idle clients", "MiB", counts,
         lambda count, way: memory[way].get(count, 0) / 1024, list(memory))


def of_geography(rows, far_ms, folder):
    """`rows`: (level, median, 99th percentile, ideal), in milliseconds."""
    found = {level: dict(zip(("median", "99th percentile", "ideal"), row)) for level, *row in rows}
    bars(folder / "geography.svg", f"Reads near a standby, {far_ms:g} ms away from the primary",
         "ms", list(found), lambda level, what: found[level][what],
         ["median", "99th percentile", "ideal"], logarithmic=True)
