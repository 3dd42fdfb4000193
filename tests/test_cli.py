"""The command line: check, explain, demo, and what the configuration refuses."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import tomllib

import pytest

from harness.gateway import ROOT, binary

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


@pytest.mark.parametrize("arguments, words", [
    (["serv"], 'no command or option "serv"'),
    (["--verson"], 'no command or option "--verson"'),
    (["demo", "--naive"], "example"),
    (["check", "--config", "/tmp"], "folder"),
    (["check", "--config", "/nowhere"], "No such file"),
])
def test_what_cannot_be_done_is_named(arguments, words):
    done = tidemark(*arguments)
    assert done.returncode != 0 and words in done.stderr, done.stderr


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


RULE = VALID + "[[consistency.rules]]\n"


@pytest.mark.parametrize("text, words", [
    (RULE + "read = 'sloppy'\n", ["sloppy", "eventual", ":9"]),
    (RULE + "reed = 'strong'\n", ["reed", "read", ":9"]),
    (RULE + "tables = 'a.b.c'\nread = 'strong'\n", ["a.b.c", "schema.table", ":9"]),
    (RULE + "tables = 'a'\n", ["rule 1", "says nothing", ":8"]),
    (RULE + "from = 'analytics'\n", ["analytics", "standbys", ":9"]),
    (RULE + "from = 'standbys'\notherwise = 'primary'\n", ["rule 1", "otherwise", ":10"]),
    (RULE + "read = 'strong'\n[[consistency.rules]]\nrole = 'x'\nread = 'strong'\n"
            "from = 'standbys'\n", ["rule 1", "rule 2", ":13"]),
])
def test_check_names_the_rule_that_is_wrong(written, text, words):
    done = tidemark("check", "--config", written(text))
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr, done.stderr


def test_check_warns_of_a_rule_that_can_never_match(written):
    text = RULE + "name = 'wide'\ntables = 'shop.*'\nread = 'session'\n"
    text += "[[consistency.rules]]\nname = 'dead'\ntables = 'shop.cart'\nread = 'strong'\n"
    done = tidemark("check", "--config", written(text))
    assert done.returncode == 0
    assert '"dead": never matches' in done.stderr and '"wide"' in done.stderr, done.stderr


def test_check_warns_of_a_server_under_two_names(written):
    text = VALID.replace('nodes = ["', 'nodes = ["localhost:5501", "')
    done = tidemark("check", "--config", written(text))
    assert done.returncode == 0
    assert '"localhost:5501" and "127.0.0.1:5501"' in done.stderr, done.stderr
    assert not tidemark("check", "--config", written(VALID)).stderr


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
    ("BEGIN", ["route: the primary", "may write"]),
    ("SHOW tidemark.route", ["served by: the gateway itself"]),
    ("/* tidemark.level='strong' */ SELECT v FROM t", ["strong"]),
])
def test_explain_tells_what_a_statement_reads_and_writes(gateway, table, cluster, query, words):
    cluster.sql("CREATE SEQUENCE IF NOT EXISTS numbers")
    done = tidemark("explain", "--config", gateway.config_path, "--database", "app", query)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


def test_explain_says_where_it_looked_for_a_table_that_there_is_not(gateway, table):
    done = tidemark("explain", "--config", gateway.config_path, "SELECT v FROM t")
    assert 'database "postgres" lacks' in done.stderr and "--database" in done.stderr


def test_explain_speaks_json(gateway, table):
    done = tidemark("explain", "--config", gateway.config_path, "--database", "app", "--json",
                    "SELECT v FROM t")
    assert json.loads(done.stdout)


@pytest.fixture
def explained(cluster, written):
    """explain(rules, query, *options): what explain --json says under these rules."""
    cluster.sql("DROP SCHEMA IF EXISTS shop CASCADE")
    cluster.sql("CREATE SCHEMA shop")
    cluster.sql("CREATE TABLE shop.stock (k int, v int) PARTITION BY LIST (k)")
    cluster.sql("CREATE TABLE shop.stock_1 PARTITION OF shop.stock FOR VALUES IN (1)")
    cluster.sql("CREATE TABLE shop.page (k int)")
    cluster.sql("CREATE VIEW public.shelf AS SELECT v FROM shop.stock")
    cluster.sql("CREATE FUNCTION public.count_stock() RETURNS bigint STABLE LANGUAGE sql"
                " AS 'SELECT count(*) FROM shop.stock'")
    cluster.wait_until_caught_up()

    def explain(rules, query, *options):
        nodes = json.dumps([node.address for node in cluster.nodes])
        tags = f'{{ reporting = ["{cluster.standbys[0].address}"] }}'
        path = written(f"[origins.main]\nnodes = {nodes}\ntags = {tags}\n{rules}")
        done = tidemark("explain", "--config", path, "--database", "app", "--json", *options, query)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield explain
    cluster.sql("DROP SCHEMA shop CASCADE")
    cluster.sql("DROP FUNCTION public.count_stock()")


STOCK = """
[[consistency.rules]]
name = "stock"
tables = "shop.stock"
read = "strong"
write = "remote_apply"
"""


@pytest.mark.parametrize("query", [
    "SELECT v FROM shop.stock",
    "SELECT v FROM shop.stock_1",     # a partition follows its parent
    "SELECT v FROM shelf",            # a view its tables
    "SELECT count_stock()",           # a function what it reads
    "SELECT FROM shop.page, shelf",   # the strongest wins
    "/* tidemark.level='eventual' */ SELECT v FROM shop.stock",
])
def test_explain_finds_the_rule_of_the_table_behind(explained, query):
    answer = explained(STOCK, query)
    assert answer["rules"] == ["stock"]
    assert answer["level"] == "strong" and "stock" in answer["level_source"]
    assert answer["from"] == "the primary" and answer["route"] == "the primary"


def test_explain_leaves_other_tables_to_the_default(explained):
    answer = explained(STOCK, "SELECT FROM shop.page")
    assert answer["rules"] == [] and answer["level"] == "session"
    assert answer["level_source"] == "the default of the configuration"


@pytest.mark.parametrize("query", ["SELECT FROM shop.stock_1", "SELECT FROM shelf"])
def test_a_weak_rule_holds_for_partitions_and_through_views(explained, query):
    assert explained(STOCK.replace("strong", "eventual"), query)["level"] == "eventual"


def test_explain_tells_how_durable_a_write_is(explained):
    write = "INSERT INTO shop.stock_1 VALUES (1, 1)"
    assert explained(STOCK, write)["durability"] == "remote_apply"
    both = f"WITH x AS ({write}) DELETE FROM shop.page"
    assert explained(STOCK, both)["durability"] == "at least remote_apply"
    assert explained(STOCK, "DELETE FROM shop.page")["durability"] == "as the client has set it"


def test_explain_looks_names_up_where_the_client_would(explained):
    assert explained(STOCK, "SELECT v FROM stock", "--search-path", "shop")["level"] == "strong"
    answer = explained(STOCK, "SELECT v FROM stock", "--search-path", '"$user", shop',
                       "--role", "nobody")
    assert answer["tables_read"] == ["shop.stock"]


def test_explain_takes_the_rules_of_who_would_ask(explained, cluster):
    rules = """
[[consistency.rules]]
name = "reports"
role = "report*"
database = "app"
application_name = "nightly"
read = "bounded(1min)"
from = "reporting"
otherwise = "wait"
wait = "2s"
"""
    query = "SELECT FROM shop.page"
    answer = explained(rules, query, "--role", "report_1", "--application-name", "nightly")
    assert answer["rules"] == ["reports"] and answer["level"] == "bounded(1min)"
    assert answer["from"] == cluster.standbys[0].address
    assert (answer["otherwise"], answer["wait"]) == ("wait", "2s")
    assert cluster.standbys[0].address in answer["route"] and "1min" in answer["route"]
    assert explained(rules, query, "--role", "report_1")["rules"] == []
    assert explained(rules, query, "--application-name", "nightly")["rules"] == []
    text = "/* tidemark.level='session' */ " + query
    answer = explained(rules, text, "--role", "report_1", "--application-name", "nightly")
    assert answer["level"] == "session+bounded(1min)"


def test_explain_tells_of_rules_that_leave_no_node(explained):
    rules = STOCK + """
[[consistency.rules]]
name = "pages"
tables = "shop.page"
from = "standbys"
"""
    answer = explained(rules, "SELECT FROM shop.page, shop.stock")
    assert answer["rules"] == ["stock", "pages"]
    assert answer["from"] == "no node" and "refused" in answer["route"]


def test_explain_names_the_rule_in_words_too(explained, tmp_path):
    explained(STOCK, "SELECT 1")
    done = tidemark("explain", "--config", tmp_path / "tidemark.toml", "--database", "app",
                    "UPDATE shop.stock SET v = 1")
    assert "rules: stock\n" in done.stdout and "synchronous_commit: remote_apply" in done.stdout


def test_the_demo_tours_and_leaves_nothing_behind(tmp_path):
    done = subprocess.run([binary(), "demo", "--once"], capture_output=True, text=True,
                          timeout=110, stdin=subprocess.DEVNULL,
                          env={**os.environ, "TMPDIR": str(shared(tmp_path))})
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    said = {without_numbers(line) for line in done.stdout.splitlines()}
    tour = re.search(r"^```text\n(.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)[1]
    # What a step is about, what is typed and what held; who served it differs.
    told = [line for line in tour.splitlines() if re.match(r" \d|    \S|.*\S> ", line)]
    assert len(told) > 15 and [line for line in told if without_numbers(line) not in said] == []


def without_numbers(line):
    return re.sub(r"\d+", "N", line)


def shared(folder):
    """Makes the folder one that the servers' user may work in."""
    for part in (folder, *folder.parents):
        if part == pathlib.Path(tempfile.gettempdir()):
            return folder
        part.chmod(0o777)
    return folder
