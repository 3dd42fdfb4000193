"""Waiting for a condition, with a deadline: the only way a test lets time pass."""

import time

DEFAULT_SECONDS = 15.0
STEP_SECONDS = 0.005


def wait_for(condition, what, seconds=DEFAULT_SECONDS, ignore=()):
    """Calls `condition` until it returns something true, and returns that.

    Fails with `what` (text, or a function that returns it) once `seconds` have passed. Exceptions
    of the types in `ignore` count as "not yet"; the last one is shown if the deadline passes.
    """
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except ignore as error:
            last = error
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise AssertionError(f"waited {seconds:g} s in vain for {text} (last: {last!r})")
        time.sleep(STEP_SECONDS)
