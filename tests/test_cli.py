"""The command line: check, explain, demo, and what the configuration refuses."""

import json
import os
import subprocess
import tomllib

import pytest

from harness.gateway import binary

pytestmark = pytest.mark.gateway

VALID = """
[listen]
address = "127.0.0.1:6432"
[origins.main]
nodes = ["127.0.0.1:5501", "127.0.0.1:5502"]
user = "postgres"
database = "postgres"
"""


def tidemark(*arguments, seconds=60):
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL)


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "tidemark.toml"
        path.write_text(text)
        return path

    return write


def test_help_and_version_are_there():
    assert "serve" in tidemark("--help").stdout
    assert tidemark("--version").stdout.strip()
    for command in ("serve", "check", "explain", "demo"):
        done = tidemark(command, "--help")
        assert done.returncode == 0 and command in done.stdout


def test_check_prints_the_effective_configuration(written):
    done = tidemark("check", "--config", written(VALID))
    assert done.returncode == 0, done.stderr
    effective = tomllib.loads(done.stdout)
    assert effective["origins"]["main"]["nodes"] == ["127.0.0.1:5501", "127.0.0.1:5502"]
    assert effective["consistency"]["default"] == "session"
    assert "interval" in effective["monitor"] and "size" in effective["pool"]


def test_check_accepts_what_it_printed(written):
    first = tidemark("check", "--config", written(VALID)).stdout
    second = tidemark("check", "--config", written(first))
    assert second.returncode == 0 and second.stdout == first


@pytest.mark.parametrize("text, words", [
    (VALID + "[pol]\nsize = 3\n", ["pol", "pool", ":8"]),
    (VALID + "[pool]\nsizes = 3\n", ["sizes", "size", ":9"]),
    (VALID + "[pool]\nsize = -1\n", ["size", ":9"]),
    (VALID + "[pool]\nsize = 'many'\n", ["size", ":9"]),
    (VALID + "[consistency]\ndefault = 'sloppy'\n", ["sloppy", "eventual", ":9"]),
    (VALID + "[monitor]\ninterval = '10 parsecs'\n", ["parsecs", ":9"]),
    (VALID.replace("127.0.0.1:6432", "0.0.0.0:6432"), ["trust"]),
    (VALID.replace("127.0.0.1:5502", "nonsense:port:x"), ["nonsense", ":5"]),
    (VALID + "[pool\n", [":8"]),
    ("", ["origins"]),
])
def test_check_names_what_is_wrong_and_where(written, text, words):
    done = tidemark("check", "--config", written(text))
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr, done.stderr


def test_check_tells_all_errors_at_once(written):
    done = tidemark("check", "--config", written(VALID + "[pool]\nsizes = 3\n[pol]\nx = 1\n"))
    assert done.returncode == 1 and "sizes" in done.stderr and "pol" in done.stderr


def test_serve_refuses_what_check_refuses(written):
    done = tidemark("serve", "--config", written(VALID + "[pol]\nsize = 3\n"))
    assert done.returncode == 1 and "pol" in done.stderr


def test_serve_says_when_its_address_is_taken(gateway, written):
    text = VALID.replace(":6432", f":{gateway.port}")
    done = tidemark("serve", "--config", written(text))
    assert done.returncode != 0 and str(gateway.port) in done.stderr


@pytest.mark.parametrize("query, words", [
    ("SELECT v FROM t", ["public.t", "session"]),
    ("UPDATE t SET v = 1", ["public.t", "primary"]),
    ("SELECT nextval('numbers')", ["primary"]),
    ("SELECT 1 FOR UPDATE", ["primary"]),
    ("/* tidemark.level='strong' */ SELECT v FROM t", ["strong"]),
])
def test_explain_tells_what_a_statement_reads_and_writes(gateway, table, cluster, query, words):
    cluster.sql("CREATE SEQUENCE IF NOT EXISTS numbers")
    done = tidemark("explain", "--config", gateway.config_path, "--database", "app", query)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


def test_explain_speaks_json(gateway, table):
    done = tidemark("explain", "--config", gateway.config_path, "--database", "app", "--json",
                    "SELECT v FROM t")
    assert json.loads(done.stdout)


def test_the_demo_tours_and_leaves_nothing_behind(tmp_path):
    done = subprocess.run([binary(), "demo", "--once"], capture_output=True, text=True,
                          timeout=110, stdin=subprocess.DEVNULL,
                          env={**os.environ, "TMPDIR": str(shared(tmp_path))})
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def shared(folder):
    """Makes the folder one that the servers' user may work in."""
    for part in (folder, *folder.parents[:2]):
        part.chmod(0o777)
    return folder
