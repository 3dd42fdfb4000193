#!/usr/bin/env python3
"""Instructions of the gateway's own per statement, held against the figures recorded.

usage: instructions.py PROGRAM [--update]

Runs bench/cost's program under callgrind, which counts alike however busy the machine is. A count
that is more than 5 % off its figure in bench/cost/figures.txt fails: if it is meant, --update
records it. The figures are those of Debian 12's compiler and libraries, release build.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ROOT / "bench" / "cost" / "figures.txt"
TOLERANCE = 0.05
TIMEOUT = 120  # seconds


def counted(program):
    """Runs the program; returns {scenario: instructions per statement}."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode != 0:
            sys.exit(f"instructions: {' '.join(command)} failed\n{done.stderr}")
        statements = int(done.stdout)
        counts = {}
        for path in sorted(pathlib.Path(folder).iterdir()):
            text = path.read_text(errors="replace")
            scenario = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if scenario and total:
                counts[scenario[1]] = int(total[1]) // statements
        return counts


def recorded():
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    return {name: int(count) for count, name in (line.split(None, 1) for line in lines)}


def main():
    program = sys.argv[1]
    counts = counted(program)
    if not counts:
        sys.exit("instructions: callgrind counted nothing")
    if "--update" in sys.argv[2:]:
        FIGURES.write_text("".join(f"{count:7} {name}\n" for name, count in counts.items()))
    figures = recorded()
    failed = set(counts) ^ set(figures)
    for name, count in counts.items():
        before = figures.get(name, count)
        off = count / before - 1
        if abs(off) > TOLERANCE:
            failed.add(name)
        print(f"{count:7} ({off:+6.1%}) {name}")
    if failed:
        sys.exit(f"instructions: not as in {FIGURES.relative_to(ROOT)}: {', '.join(sorted(failed))}"
                 "\n(if that is meant: tools/instructions.py PROGRAM --update)")


if __name__ == "__main__":
    main()
