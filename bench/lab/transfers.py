"""COPY, both ways: what a mebibyte costs."""

import contextlib
import time

import psycopg

from .accounts import Account
from .measurement import Measurement

ROWS = 100_000
LINE = b"x" * 99 + b"\n"
BLOCK = LINE * 640  # near the size of the blocks that clients send
MIB = 1 << 20
OUT = f"COPY (SELECT repeat('x', 99) FROM generate_series(1, {ROWS})) TO STDOUT"
IN = "COPY copied FROM STDIN"


def prepare(cluster):
    # Unlogged: what a proxy does to the rows is measured, and not their way to the standbys.
    cluster.sql("DROP TABLE IF EXISTS copied; CREATE UNLOGGED TABLE copied (line text)")
    cluster.wait_until_caught_up()


def _copy_out(connection):
    with connection.cursor().copy(OUT) as copy:
        return sum(len(block) for block in copy)


def _copy_in(connection):
    blocks = ROWS * len(LINE) // len(BLOCK)
    with connection.cursor().copy(IN) as copy:
        for _ in range(blocks):
            copy.write(BLOCK)
    return blocks * len(BLOCK)


def measure(way, name, repetition, seconds):
    """`name` is "COPY out" or "COPY in"; one client, one COPY after the other."""
    once = _copy_out if name == "COPY out" else _copy_in
    measured = Measurement(way.name, name, "simple", 1, repetition, unit="MiB")
    with way.measured(), contextlib.closing(
            psycopg.connect(way.conninfo(), autocommit=True)) as connection:
        once(connection)
        account, moved, latencies = Account(way.pids()), 0, []
        while time.time() < account.began + seconds:
            start = time.monotonic()
            moved += once(connection)
            latencies.append(time.monotonic() - start)
        account.close()
        if once is _copy_in:
            connection.execute("TRUNCATE copied")
    return measured.account(account, moved / MIB).latencies(latencies)
