"""Trying again: where others use the machine too, a run of many measurements outlives a bad one."""

import psycopg

ATTEMPTS = 3


class Failed(Exception):
    """A measurement that tells nothing: on a machine with too much to do, servers may be late."""


def attempt(measure, *arguments):
    """What it measures, as a list: empty if it fails again and again. Then its table has a gap."""
    for _ in range(ATTEMPTS):
        try:
            return [measure(*arguments)]
        except (Failed, psycopg.Error, AssertionError) as error:
            print(f"failed: {error}", flush=True)
    return []
