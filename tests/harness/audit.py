"""`tidemark audit` as a test uses it: run it, and read what it found."""

import json
import subprocess

from .cluster import DATABASE
from .gateway import binary

# What the levels are made of, by the names that reports use.
SESSION = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")
LEVELS = {
    "eventual": (),
    "read_your_writes": ("read_your_writes",),
    "monotonic_reads": ("monotonic_reads",),
    "session": SESSION,
    "causal": (*SESSION, "causal"),
    "bounded": ("bounded",),
    "strong": (*SESSION, "causal", "consistent_prefix", "no_long_fork", "linearizable"),
}


def dsn(port, **more):
    """Where libpq connects to; `options` may set tidemark.level."""
    words = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": "postgres"} | more
    return " ".join(f"{key}='{value}'" for key, value in words.items())


class Audited:
    """One run: `exit`, the report as JSON, and what it said on standard error."""

    def __init__(self, done, report, history):
        self.exit = done.returncode
        self.said = done.stderr
        self.report = json.loads(report.read_text()) if report.stat().st_size else {}
        self.history = history

    def violations(self, guarantee):
        return self.report["guarantees"][guarantee]["violations"]

    def chances(self, guarantee):
        return self.report["guarantees"][guarantee]["chances"]

    @property
    def violated(self):
        """The names of all guarantees that were violated."""
        return {name for name, found in self.report["guarantees"].items() if found["violations"]}

    def story(self):
        """An example of each violation: what a failed test should show."""
        lines = [f"exit {self.exit}; history in {self.history}", self.said]
        for name in sorted(self.violated if self.report else ()):
            found = self.report["guarantees"][name]
            lines.append(f"{name}: {found['violations']} of {found['chances']}")
            for example in found["examples"][:1]:
                lines += [*example["story"], example["conclusion"]]
        return "\n".join(lines)


def audit(folder, *arguments, seconds=60):
    """Runs it with these arguments; its history is kept beside its report."""
    report, history = folder / "report.json", folder / "run.history"
    report.write_text("")
    done = subprocess.run(
        [binary(), "audit", *map(str, arguments), "--json", report, "--save", history],
        capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    return Audited(done, report, history)
