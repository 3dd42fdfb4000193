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


def levels(text):
    """The level at which each operation was served, by the table of one run."""
    return {name.strip(): level for name, level in re.findall(
        r"^(\S[^|\n]{20}) ([a-z_]+) +\d+ +[\d.]+ ", text, re.M)}


SOCIAL = {"see the feed": "eventual", "see likes": "monotonic_reads",
          "see comments": "read_your_writes", "see replies": "causal",
          "see what they answer": "causal", "whose friend am I": "causal",
          "see messages": "strong"}
# A short run on a slow machine sees few of each.
RARE = ["see messages", "see replies", "see what they answer", "whose friend am I", "may I see it"]


@pytest.mark.seconds(150)
def test_the_social_network_keeps_its_promises_though_its_primary_is_far():
    done = run("social", seconds=5)
    assert done.returncode == 0, done.stdout + done.stderr
    meant, eventual = (part(done.stdout, title)
                       for title in ("as it is meant", "everything at eventual"))
    assert "✗" not in meant
    # The same checks, where nothing was promised.
    assert violations(meant, "see comments") == 0
    assert violations(eventual, "see comments") > 0
    assert sum(violations(eventual, operation) for operation in RARE) > 0
    assert SOCIAL.items() <= levels(meant).items(), levels(meant)


@pytest.mark.seconds(150)
def test_naive_routing_shows_the_social_network_what_must_not_be():
    done = run("social", "--naive", seconds=5)
    assert done.returncode == 1, done.stdout + done.stderr
    for operation in ("see comments", "see likes"):
        assert violations(done.stdout, operation) > 0
    assert sum(violations(done.stdout, operation) for operation in RARE) > 0


# Of each of the bank's runs.
BANK_SECONDS = 5


@pytest.mark.seconds(150)
def test_the_bank_keeps_its_promises_through_a_failover():
    done = run("bank", seconds=BANK_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    meant = part(done.stdout, "as it is meant")
    assert "✗" not in meant
    # Reports were refused while their replica was too old, and went nowhere else.
    assert re.search(r"^report +bounded\(1s\) .* 100 % +0  .*57P03", meant, re.M)
    # Strong reads alone make nothing durable; whoever lost something was told.
    strong = part(done.stdout, "everything at strong")
    assert re.search(r"✗ no acknowledged transfer was lost: [1-9]", strong)
    assert "✓ every loss was told" in strong and "TM001" in strong
    # The same checks, where nothing was promised.
    eventual = part(done.stdout, "everything at eventual")
    for operation in ("balance", "history", "statement"):
        assert violations(eventual, operation) > 0
    assert "✗ every loss was told" in eventual


@pytest.mark.seconds(60)
def test_naive_routing_overdraws_accounts_and_forgets_payments():
    done = run("bank", "--naive", seconds=BANK_SECONDS)
    assert done.returncode == 1, done.stdout + done.stderr
    for operation in ("balance", "statement", "transfer", "audit"):
        assert violations(done.stdout, operation) > 0
    assert "✗ every loss was told" in done.stdout
    # Each statement is right in itself, and the ledger's own rules still hold.
    assert "✓ debits equal credits" in done.stdout
