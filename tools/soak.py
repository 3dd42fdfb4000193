#!/usr/bin/env python3
"""Plays simulations, seed after seed, until the time is up or one breaks a promise.

A violation is printed with its seed; `build/release/simulation SEED 1` plays that seed again.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "simulation"
SEEDS_AT_ONCE = 100


def play(first):
    run = subprocess.run(
        [PROGRAM, str(first), str(SEEDS_AT_ONCE)], capture_output=True, text=True, check=False
    )
    return first, run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()

    begin = time.monotonic()
    end = begin + 60 * arguments.minutes
    next_seed = arguments.seed
    running = set()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        while True:
            while len(running) < arguments.jobs and time.monotonic() < end:
                running.add(pool.submit(play, next_seed))
                next_seed += SEEDS_AT_ONCE
            if not running:
                break
            done, running = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for first, run in (future.result() for future in done):
                minutes = (time.monotonic() - begin) / 60
                last_line = (run.stdout.strip().splitlines() or ["nothing"])[-1]
                print(f"{minutes:6.1f} min, from seed {first}: {last_line}", flush=True)
                if run.returncode != 0:
                    print(run.stdout, run.stderr, sep="")
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
