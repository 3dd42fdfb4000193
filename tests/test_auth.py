"""Who may come in: trust, SCRAM, and what is never allowed."""

import psycopg
import pytest

from harness import wait_for

pytestmark = pytest.mark.gateway


@pytest.fixture
def guarded(cluster, tmp_path, start_gateway):
    """A gateway that asks for SCRAM; the servers trust it."""
    users = tmp_path / "users.txt"
    users.write_text('"postgres" "flood"\n"alice" "ebb and \"\"flow\"\""\n')
    users.chmod(0o600)
    auth = {"auth": {"method": "scram-sha-256", "auth_file": str(users)}}
    gateway = start_gateway(cluster.nodes, auth, start=False)
    gateway.start(wait=False)
    return gateway


def eventually(gateway, **options):
    """The first connection that the gateway, just started, lets in."""
    return wait_for(lambda: gateway.connect(**options), "a connection",
                    ignore=psycopg.OperationalError)


def test_the_right_password_is_let_in(guarded):
    with eventually(guarded, password="flood") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
    with guarded.connect(user="alice", password='ebb and "flow"') as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("alice",)


@pytest.mark.parametrize("user", ["postgres", "alice", "nobody"])
def test_a_wrong_password_is_refused_the_same_way_for_everyone(guarded, user):
    eventually(guarded, password="flood").close()
    with pytest.raises(psycopg.OperationalError,
                       match=f'password authentication failed for user "{user}"'):
        guarded.connect(user=user, password="wrong")
    assert "wrong" not in guarded.log_text() and "flood" not in guarded.log_text()


def test_a_scram_secret_serves_in_place_of_the_password(cluster, tmp_path, start_gateway):
    with cluster.primary.connect() as connection:
        connection.execute("ALTER ROLE alice PASSWORD 'neap'")
        secret = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'alice'").fetchone()[0]
        connection.execute("ALTER ROLE alice PASSWORD NULL")
    users = tmp_path / "users.txt"
    users.write_text(f'"alice" "{secret}"\n')
    users.chmod(0o600)
    auth = {"auth": {"method": "scram-sha-256", "auth_file": str(users)}}
    gateway = start_gateway(cluster.nodes, auth, start=False)
    gateway.start(wait=False)
    eventually(gateway, user="alice", password="neap").close()
    with pytest.raises(psycopg.OperationalError):
        gateway.connect(user="alice", password="spring")
