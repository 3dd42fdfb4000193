"""The examples keep their promises while things go wrong, and naive routing does not."""

import re
import subprocess

import pytest

from harness.gateway import ROOT, binary

SECONDS = 8  # of each run: the replicas stand still for more than half of it


def run(*arguments, seconds=SECONDS):
    """An example's demo, by a program that has the examples beside it."""
    program = binary() if (binary().parent / "examples").exists() else (
        ROOT / "build/release/tidemark")
    return subprocess.run([program, "demo", *arguments, "--seconds", str(seconds)],
                          capture_output=True, text=True, timeout=180)


def part(output, title):
    """What was printed of one of the runs."""
    return re.split(r"\n\w+: ", output.split(f": {title}\n", 1)[1], maxsplit=1)[0]


def violations(text, operation):
    """Of an operation, from the table of one run."""
    row = re.search(rf"^{operation} .*$", text, re.M).group()
    return int(re.search(r"(?:%|-) +(\d+) +\S", row).group(1))


@pytest.mark.seconds(150)
def test_the_shop_keeps_its_promises_through_a_failover():
    done = run("shop")
    assert done.returncode == 0, done.stdout + done.stderr
    meant = part(done.stdout, "as it is meant")
    assert "✗" not in meant
    assert violations(meant, "look at the cart") == 0
    # The same checks, where nothing was promised.
    assert violations(part(done.stdout, "everything at eventual"), "look at the cart") > 0
    assert violations(part(done.stdout, "everything at strong"), "look at the cart") == 0


@pytest.mark.seconds(150)
def test_naive_routing_oversells_the_shop():
    done = run("shop", "--naive")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"✗ no unit is sold twice: [1-9]", done.stdout)
    assert violations(done.stdout, "look at the cart") > 0


@pytest.mark.seconds(150)
def test_the_social_network_keeps_its_promises_though_its_primary_is_far():
    done = run("social", seconds=5)
    assert done.returncode == 0, done.stdout + done.stderr
    meant, eventual = (part(done.stdout, title)
                       for title in ("as it is meant", "everything at eventual"))
    assert "✗" not in meant
    # The same checks, where nothing was promised.
    for operation in ("see comments", "see messages"):
        assert violations(meant, operation) == 0
        assert violations(eventual, operation) > 0


@pytest.mark.seconds(150)
def test_naive_routing_shows_the_social_network_what_must_not_be():
    done = run("social", "--naive", seconds=5)
    assert done.returncode == 1, done.stdout + done.stderr
    for operation in ("see comments", "see likes", "see messages"):
        assert violations(done.stdout, operation) > 0
