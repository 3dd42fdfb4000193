"""README.md and docs/ say what is so: their configurations, commands and transcripts are run."""

import contextlib
import re
import subprocess
import tomllib

import pytest

from harness import wait_for
from harness.gateway import ROOT, binary, route

pytestmark = pytest.mark.gateway

PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md",
         *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
PSQL, SHELL = "app=# ", "$ "
# What the pages call the gateway and the nodes, the primary first.
PORT, NODES = "6432", ["127.0.0.1:5501", "127.0.0.1:5502", "127.0.0.1:5503"]
REASONS = "covers the floor|the standby that the session has read"
TOKEN = r"\btm1_[\w-]+"
# How soon an answer is wanted on the pages, and what this machine, which may be busy, is given.
SOON = [("<20ms", "<20s"), ("<50ms", "<50s")]


def text_of(page):
    return (ROOT / page).read_text()


def fenced(page):
    """(kind, text) of every fenced block, in order."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text_of(page), re.S | re.M)


def blocks(page, kind):
    return [text for its_kind, text in fenced(page) if its_kind == kind]


def steps(block, prompt):
    """(what is typed, what comes back) for every prompt of a transcript."""
    parts = re.split(rf"^{re.escape(prompt)}", block, flags=re.M)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def levelled(text):
    """Without what differs from run to run: positions, tokens, and which standby it was."""
    text = re.sub(r"floor=[0-9A-F]+/[0-9A-F]+", "floor=…", text)
    text = re.sub("|".join(map(re.escape, NODES[1:])), "a standby", text)
    return re.sub(REASONS, "(covers)", re.sub(TOKEN, "tm1_…", text))


class Reader:
    """Somebody who types what a page shows, in front of a real cluster."""

    def __init__(self, gateway, cluster, folder, capsys):
        self.gateway, self.cluster, self.folder, self.capsys = gateway, cluster, folder, capsys
        self.token, self.tokens_shown = None, set()
        config = blocks("README.md", "toml")[0]
        (folder / "tidemark.toml").write_text(self.real(config))
        for name, text in zip(["wrong.toml", "rules.toml"],
                              blocks("docs/configuration.md", "toml wrong"), strict=True):
            (folder / name).write_text(text)

    def real(self, text):
        for node, name in zip(self.cluster.nodes, NODES):
            text = text.replace(name, node.address)
        for shown, used in SOON:
            text = text.replace(shown, used)
        for token in self.tokens_shown:
            text = re.sub(re.escape(token) + r"\b(?!-)", self.token or token, text)
        return text.replace(PORT, str(self.gateway.port))

    def as_on_the_page(self, text):
        for node, name in zip(self.cluster.nodes, NODES):
            text = text.replace(node.address, name)
        for shown, used in SOON:
            text = text.replace(used, shown)
        self.token = next(iter(re.findall(TOKEN, text)), self.token)
        return levelled(text)

    def psql(self, statements):
        """What each statement makes psql print, errors among the rest."""
        script = "".join(f"{statement}\n\\echo --\n" for statement in statements)
        answer = self.run(f"stdbuf -o0 psql -XAt -h 127.0.0.1 -p {PORT} -U postgres app", script)
        # What comes from a pipe has its line's number in front of an error.
        return re.sub(r"^psql:<stdin>:\d+: ", "", answer, flags=re.M).split("--\n")[:-1]

    def run(self, command, typed=""):
        command = self.real(command).replace("build/release/tidemark", str(binary()))
        done = subprocess.run(
            ["bash", "-c", command], input=self.real(typed), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=60, cwd=self.folder)
        return self.as_on_the_page(done.stdout)

    def follow(self, page):
        """Does what the page shows from its top to its end, and compares. Returns the count."""
        followed = 0
        for kind, text in fenced(page):
            self.cluster.wait_until_caught_up()
            if kind == "console" and text.startswith(PSQL):
                typed = steps(text, PSQL)
                answers = self.psql([statement for statement, _ in typed])
            elif kind == "console":
                typed = steps(text, SHELL)
                answers = [self.run(command) for command, _ in typed]
            elif kind == "python":
                self.follow_python(page, text)
                continue
            else:
                continue
            followed += len(typed)
            self.tokens_shown.update(re.findall(TOKEN, "".join(answer for _, answer in typed)))
            assert len(answers) == len(typed), f"{page}: {answers}"
            for (shown, expected), answer in zip(typed, answers):
                assert answer == levelled(expected), f"{page}: {shown}"
        return followed

    def follow_python(self, page, text):
        """What it prints stands behind each print(), as a comment; a … for whatever there is."""
        assert f"port={PORT} " in text
        exec(compile(self.real(text), page, "exec"), {})
        printed = self.as_on_the_page(self.capsys.readouterr().out).splitlines()
        expected = re.findall(r"print\(.*\)  # (.*)$", text, re.M)
        assert expected and len(printed) == len(expected), f"{page}: {printed}"
        for line, pattern in zip(printed, expected):
            pattern = ".*".join(map(re.escape, levelled(pattern).split("…")))
            assert re.fullmatch(pattern, line), f"{page}: {line}"


@pytest.fixture
def reader(cluster, start_gateway, tmp_path, capsys):
    """Behind a gateway with README's configuration, and with the table that the pages speak of.

    Reads wait longer than README's would: how quick the machine is must not matter here.
    """
    cluster.sql("CREATE TABLE comment (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                " author text NOT NULL, body text NOT NULL);"
                "CREATE TABLE stock (product int PRIMARY KEY, left_over int NOT NULL);"
                "INSERT INTO stock VALUES (7, 3)")
    cluster.wait_until_caught_up()
    config = tomllib.loads(blocks("README.md", "toml")[0])
    config["origins"]["main"]["nodes"] = [node.address for node in cluster.nodes]
    config["consistency"]["wait"] = "30s"
    del config["listen"]
    gateway = start_gateway(cluster.nodes, config)
    gateway.wait_until_admitted(*cluster.standbys)
    wait_for(lambda: knows_the_table(gateway), "the gateway to know the table")
    return Reader(gateway, cluster, tmp_path, capsys)


def knows_the_table(gateway):
    with contextlib.closing(gateway.connect(level="eventual")) as connection:
        connection.execute("SELECT FROM comment")
        knows = route(connection).role == "standby"
        connection.execute("SELECT FROM stock")
        return knows and 'rules="stock"' in route(connection).text


def test_the_readme_shows_what_happens(reader):
    assert reader.follow("README.md") >= 20


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_the_other_pages_show_what_happens(reader, page):
    reader.cluster.sql("INSERT INTO comment (author, body) VALUES ('ann', 'first!')")
    reader.cluster.sql("INSERT INTO comment (author, body) VALUES ('bob', 'second!')")
    shown = sum(kind == "console" for kind, _ in fenced(page))
    assert reader.follow(page) >= shown


@pytest.mark.parametrize("page, text", [
    (page, text) for page in PAGES for text in blocks(page, "toml")])
def test_configurations_are_valid(tmp_path, page, text):
    path = tmp_path / "tidemark.toml"
    path.write_text(text)
    done = subprocess.run([binary(), "check", "--config", path], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, f"{page}: {done.stderr}"


def test_every_key_is_described_with_its_default(tmp_path):
    path = tmp_path / "tidemark.toml"
    path.write_text(blocks("docs/configuration.md", "toml")[0])
    done = subprocess.run([binary(), "check", "--config", path], capture_output=True, text=True)
    sections = re.split(r"^### `\[(.*?)\]`$", text_of("docs/configuration.md"), flags=re.M)
    described = dict(zip(sections[1::2], sections[2::2]))
    section = None
    for line in filter(None, done.stdout.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").replace("origins.main", "origins.<name>")
            continue
        key, default = (part.strip() for part in line.split("=", 1))
        row = re.search(rf"^\| `{key}` \|.*$", described[section], re.M)
        assert row, f"[{section}] {key} is not described"
        assert key == "nodes" or f"| `{default}` |" in row.group(), row.group()


def test_the_login_that_the_pages_recommend_is_enough(cluster, start_gateway):
    statements = {text for page in PAGES for text in blocks(page, "sql")}
    assert len(statements) == 1
    try:
        cluster.sql(statements.pop())
        cluster.wait_until_caught_up()
        gateway = start_gateway(cluster.nodes, {"origins": {"main": {"user": "tidemark"}}})
        gateway.wait_until_admitted(*cluster.standbys)
        gateway.sql("CREATE TABLE seen (k int)")
    finally:
        cluster.sql("DROP ROLE IF EXISTS tidemark")


def test_a_login_that_is_not_enough_is_told_in_the_log(cluster, start_gateway):
    try:
        cluster.sql("CREATE ROLE plain LOGIN")
        cluster.wait_until_caught_up()
        gateway = start_gateway(cluster.nodes, {"origins": {"main": {"user": "plain"}}})
        wait_for(lambda: "event=monitor_lacks_rights" in gateway.log_text(), "the log to say so")
    finally:
        cluster.sql("DROP ROLE IF EXISTS plain")


def test_errors_are_worded_as_in_the_code():
    code = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.cpp"))
                     if not path.name.endswith("_test.cpp"))
    raised = set(re.findall(r'"(?=[A-Z]*[0-9])([0-9A-Z]{5})",\s*"', code))
    code = re.sub(r'"\s*"', "", code).replace('\\"', '"')
    rows = re.findall(r"^\| ([0-9A-Z]{5}) \| (.*?) \|", text_of("docs/errors.md"), re.M)
    assert raised and raised <= {sqlstate for sqlstate, _ in rows}, raised
    for sqlstate, message in rows:
        # A … stands for what varies, and what follows a colon may be put there by other code.
        for part in filter(None, (part.strip(' "') for part in re.split("…|(?<=:) ", message))):
            assert part in code, f"{sqlstate} {message}"
        assert f'"{sqlstate}"' in code, sqlstate


def test_every_event_of_the_log_is_described():
    code = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.cpp"))
                     if path.name != "log.cpp" and not path.name.endswith("_test.cpp"))
    call = r"\blog_(debug|info|warning|error)\("
    calls = re.findall(call + r'\s*"(\w+)"(.*?)\);', code, re.S)
    assert calls and len(calls) == len(re.findall(call, code)), "an event's name is a literal"
    logged = {(event, level, *re.findall(r'\{\s*"(\w+)",', fields))
              for level, event, fields in calls}
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\|", text_of("docs/log.md"), re.M)
    described = [(event, level, *re.findall(r"`(\w+)`", fields)) for event, level, fields in rows]
    assert sorted(described) == sorted(logged)


def test_every_reason_not_to_admit_a_node_is_described():
    code = (ROOT / "src/topology/cluster_view.cpp").read_text()
    reasons = re.findall(r'case Admission::(?!k_admitted)\w+:\s*return "(.*?)";', code)
    page = text_of("docs/log.md").split("### Why a node is not admitted")[1].split("\n## ")[0]
    described = re.findall(r"^\| (?!---|reason \|)(.*?) \|", page, re.M)
    assert reasons and described == reasons


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", text_of(page)):
        assert not target or (ROOT / page).parent.joinpath(target).exists(), target


def test_make_has_the_targets_that_the_pages_name():
    makefile = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for target in re.findall(r"(?:^|`| {4})make ([a-z-]+)", text_of(page), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), f"{page}: make {target}"


@pytest.mark.parametrize("page", PAGES)
def test_tests_that_a_page_names_exist(page):
    code = "".join(path.read_text() for path in (ROOT / "tests").glob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", text_of(page)):
        assert f"def {name}(" in code, f"{page}: {name}"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page):
    for name in re.findall(r"`((?:src|tests|tools|docs|bench|[a-z]+)/[\w./*-]+\.\w+)`",
                           text_of(page)):
        if name.startswith(("build/", "pg_", "path/")):
            continue
        places = [ROOT, ROOT / "src"]
        assert any(list(place.glob(name)) for place in places), f"{page}: {name}"
