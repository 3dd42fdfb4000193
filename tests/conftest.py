"""Fixtures: a cluster for the whole run, a gateway for each test, and a limit on its time."""

import faulthandler
import os
import signal
import sys

import psycopg
import pytest

from harness import Cluster, Gateway, is_direct
from harness.gateway import binary

# A test that waits for ever is a failed test. The second limit is for one that is stuck in C.
TEST_SECONDS = int(os.environ.get("TIDEMARK_TEST_SECONDS", "120"))
GRACE_SECONDS = 30


def pytest_configure(config):
    config.addinivalue_line("markers", "gateway: says nothing about a direct connection")
    config.addinivalue_line("markers", "seconds(n): this test may take so long")
    # Ended from outside, the run still puts away its servers and their files.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended from outside", 143))


def pytest_collection_modifyitems(items):
    if is_direct():
        skip = pytest.mark.skip(reason="about the gateway, and this is a direct connection")
        for item in items:
            if item.get_closest_marker("gateway"):
                item.add_marker(skip)


def pytest_report_header():
    psycopg_version = psycopg.__version__
    through = "directly" if is_direct() else f"through {binary()}"
    return f"tidemark: {through}, psycopg {psycopg_version}, python {sys.version.split()[0]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    marker = item.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else TEST_SECONDS

    def expired(number, frame):
        raise TimeoutError(f"the test took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(seconds)
    faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the ends of the logs of everything that a failed test used."""
    report = (yield).get_result()
    if not report.failed:
        return
    for fixture in item.funcargs.values():
        if isinstance(fixture, Gateway):
            report.sections.append(("log of the gateway", fixture.log_tail()))
        if isinstance(fixture, Cluster):
            report.sections += fixture.log_tails()


@pytest.fixture(scope="session")
def shared_cluster():
    cluster = Cluster(standbys=2)
    yield cluster
    cluster.destroy()


@pytest.fixture
def cluster(shared_cluster):
    """A primary and two standbys, caught up and empty. What a test does to them is undone."""
    shared_cluster.mark_logs()
    yield shared_cluster
    shared_cluster.heal()


@pytest.fixture
def fresh_cluster():
    """The same for a test that breaks what cannot be healed: a promotion, a lost primary."""
    cluster = Cluster(standbys=2)
    yield cluster
    cluster.destroy()


@pytest.fixture
def start_gateway(request, tmp_path_factory):
    """start_gateway(nodes, config={...}) -> Gateway; each is ended after the test."""
    gateways = []

    def start(nodes, config=None, **options):
        folder = tmp_path_factory.mktemp("gateway")
        gateways.append(Gateway(nodes, folder, config, **options))
        return gateways[-1]

    yield start
    for gateway in gateways:
        gateway.close()


@pytest.fixture
def gateway(request, cluster, tmp_path):
    """A gateway in front of `cluster` that has admitted both standbys."""
    # Tables come first: who reads one that the gateway has not heard of yet may be a writer.
    if "table" in request.fixturenames:
        request.getfixturevalue("table")
    gateway = Gateway(cluster.nodes, tmp_path, start=False)
    try:
        gateway.start()
        if not is_direct():
            gateway.wait_until_admitted(*cluster.standbys)
        yield gateway
    finally:
        gateway.close()


@pytest.fixture
def table(cluster):
    """The table of anomalies.md: t(k int primary key, v int), ten rows of 0, on every node."""
    cluster.sql("CREATE TABLE t (k int PRIMARY KEY, v int);"
                "INSERT INTO t SELECT k, 0 FROM generate_series(1, 10) k")
    cluster.wait_until_caught_up()
    return "t"


@pytest.fixture
def shop(cluster):
    """Tables with one row n = 0: shop.inventory, shop.product, ledger.entry, other.inventory."""
    cluster.sql("""
        CREATE SCHEMA shop; CREATE SCHEMA ledger; CREATE SCHEMA other;
        CREATE TABLE shop.inventory (n int); CREATE TABLE shop.product (n int);
        CREATE TABLE other.inventory (n int);
        CREATE TABLE ledger.entry (n int) PARTITION BY RANGE (n);
        CREATE TABLE shop.entry_1 PARTITION OF ledger.entry FOR VALUES FROM (0) TO (1000);
        CREATE VIEW shop.stock AS SELECT n FROM shop.inventory;
        CREATE VIEW shop.stocks AS SELECT n FROM shop.stock;
        CREATE FUNCTION shop.in_stock() RETURNS int STABLE LANGUAGE sql
          AS 'SELECT n FROM shop.inventory';
        CREATE FUNCTION shop.hidden() RETURNS int STABLE LANGUAGE plpgsql
          AS 'BEGIN RETURN (SELECT n FROM shop.inventory); END';
        INSERT INTO shop.inventory VALUES (0); INSERT INTO shop.product VALUES (0);
        INSERT INTO other.inventory VALUES (0); INSERT INTO ledger.entry VALUES (0);
        GRANT USAGE ON SCHEMA shop TO alice; GRANT ALL ON ALL TABLES IN SCHEMA shop TO alice""")
    cluster.wait_until_caught_up()
    return cluster


@pytest.fixture
def with_rules(shop, start_gateway):
    """with_rules(*rules) -> a gateway in front of the shop that has admitted both standbys."""
    def start(*rules, tags=None, **consistency):
        config = {"consistency": {"rules": list(rules), **consistency}}
        if tags:
            config["origins"] = {"main": {"tags": tags}}
        return start_gateway(shop.nodes, config).wait_until_admitted(*shop.standbys)

    return start
