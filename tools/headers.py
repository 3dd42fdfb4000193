#!/usr/bin/env python3
"""Checks that every header compiles on its own: it includes what it needs.

A header that has not changed, nor anything it includes from this repository, is not compiled
again: build/headers/ holds a stamp per header, named by the hash of all it is made of.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
BESIDE = [ROOT / "simulation"]
STAMPS = ROOT / "build" / "headers"
COMPILE = [
    "g++", "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wconversion",
    "-Wno-sign-conversion", "-Wno-pragma-once-outside-header", "-Werror", f"-I{SRC}", f"-I{ROOT}",
    "-x", "c++",
]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def name_of(header):
    return header.relative_to(SRC if SRC in header.parents else ROOT).as_posix()


def closure(header, seen):
    if header in seen or not header.is_file():
        return seen
    seen.add(header)
    for name in INCLUDE.findall(header.read_text()):
        closure(SRC / name if (SRC / name).is_file() else ROOT / name, seen)
    return seen


def stamp_of(header):
    digest = hashlib.sha256(repr(COMPILE).encode())
    for path in sorted(closure(header, set())):
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    name = name_of(header).replace("/", ".")
    return STAMPS / f"{name}.{digest.hexdigest()[:24]}"


def check(header):
    """Returns what the compiler complained of, or nothing."""
    stamp = stamp_of(header)
    if stamp.exists():
        return ""
    text = f'#include "{name_of(header)}"\n'
    run = subprocess.run([*COMPILE, "-"], input=text, capture_output=True, text=True)
    if run.returncode != 0:
        return run.stderr or f"{header}: g++ failed"
    for old in STAMPS.glob(stamp.name.rsplit(".", 1)[0] + ".*"):
        old.unlink()
    stamp.touch()
    return ""


def main():
    STAMPS.mkdir(parents=True, exist_ok=True)
    headers = sorted(path for root in [SRC, *BESIDE] for path in root.rglob("*.h"))
    failed = 0
    last = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for number, complaint in enumerate(workers.map(check, headers), 1):
            if complaint:
                failed += 1
                print(complaint, end="")
            if time.monotonic() - last > 2:
                last = time.monotonic()
                print(f"headers: {number} of {len(headers)}", flush=True)
    if failed:
        print(f"headers: {failed} of {len(headers)} do not compile on their own")
        return 1
    print(f"headers: {len(headers)} headers compile on their own")
    return 0


if __name__ == "__main__":
    sys.exit(main())
