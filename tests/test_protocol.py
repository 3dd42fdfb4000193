"""Bytes on the wire that no driver sends by accident."""

import socket
import struct

import pytest

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
PROTOCOL_3_0, PROTOCOL_3_2, PROTOCOL_4_0 = 3 << 16, (3 << 16) + 2, 4 << 16


def startup(version=PROTOCOL_3_0, **parameters):
    parameters = {"user": "postgres", "database": "app"} | parameters
    body = struct.pack("!i", version)
    for key, value in parameters.items():
        body += f"{key}\0{value}\0".encode()
    body += b"\0"
    return struct.pack("!i", len(body) + 4) + body


def message(tag, body=b""):
    return tag + struct.pack("!i", len(body) + 4) + body


def query(text):
    return message(b"Q", text.encode() + b"\0")


class Wire:
    """A bare connection: sends bytes, reads messages."""

    def __init__(self, gateway):
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), timeout=15)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            assert more, f"the connection ended after {data!r}"
            data += more
        return data

    def read(self):
        """The next message: (tag, body)."""
        tag = self.exactly(1)
        (length,) = struct.unpack("!i", self.exactly(4))
        return tag, self.exactly(length - 4)

    def read_until(self, wanted):
        messages = []
        while not messages or messages[-1][0] != wanted:
            messages.append(self.read())
        return messages

    def ready(self):
        """Reads up to ReadyForQuery and returns the tags on the way."""
        return b"".join(tag for tag, _ in self.read_until(b"Z"))

    def is_closed(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def wire(gateway):
    with Wire(gateway) as wire:
        yield wire


@pytest.fixture
def logged_in(wire):
    wire.send(startup())
    assert wire.ready().startswith(b"R")
    return wire


def error_of(body):
    fields = (part for part in body.split(b"\0") if part)
    return {field[:1].decode(): field[1:].decode() for field in fields}


@pytest.mark.gateway
def test_tls_and_gss_are_declined_and_the_connection_goes_on(wire):
    for request in (SSL_REQUEST, GSS_REQUEST):
        wire.send(struct.pack("!ii", 8, request))
        assert wire.exactly(1) == b"N"
    wire.send(startup())
    assert wire.ready().endswith(b"Z")


def test_the_greeting_has_all_that_drivers_wait_for(wire):
    messages = wire.send(startup(application_name="bare")).read_until(b"Z")
    tags = b"".join(tag for tag, _ in messages)
    assert tags[:1] == b"R" and tags[-2:] == b"KZ"
    parameters = dict(body[:-1].split(b"\0") for tag, body in messages if tag == b"S")
    for name in (b"server_version", b"server_encoding", b"client_encoding", b"DateStyle",
                 b"TimeZone", b"IntervalStyle", b"integer_datetimes", b"session_authorization",
                 b"standard_conforming_strings", b"is_superuser", b"application_name"):
        assert name in parameters, name
    assert parameters[b"application_name"] == b"bare"


def test_a_newer_minor_version_is_negotiated_down(wire):
    messages = wire.send(startup(PROTOCOL_3_2, **{"_pq_.tide": "x"})).read_until(b"Z")
    version = next(body for tag, body in messages if tag == b"v")
    assert struct.unpack("!i", version[:4])[0] in (0, PROTOCOL_3_0)
    assert b"_pq_.tide\0" in version


def test_an_unknown_version_is_refused(wire):
    wire.send(startup(PROTOCOL_4_0))
    tag, body = wire.read()
    assert tag == b"E" and error_of(body)["S"] == "FATAL"
    assert wire.is_closed()


def test_a_startup_without_a_user_is_refused(wire):
    body = struct.pack("!i", PROTOCOL_3_0) + b"database\0app\0\0"
    wire.send(struct.pack("!i", len(body) + 4) + body)
    tag, body = wire.read()
    assert tag == b"E" and error_of(body)["C"] == "28000"
    assert wire.is_closed()


@pytest.mark.parametrize("garbage", [
    b"GET / HTTP/1.1\r\nHost: tidemark\r\n\r\n", b"\0\0\0\0", b"\0\0\0\3xxxx",
    b"\x7f\xff\xff\xff" + b"x" * 100, b"\xff" * 64,
])
def test_garbage_ends_the_connection_and_nothing_else(gateway, wire, garbage):
    wire.send(garbage)
    while wire.socket.recv(4096):
        pass
    assert gateway.sql("SELECT 1") == 1


@pytest.mark.parametrize("garbage", [
    message(b"\xfe"), b"Q\0\0\0\3", b"Q\x7f\xff\xff\xffselect", b"P\xff\xff\xff\xff",
    message(b"Q", b"no end"), message(b"B", b"\0"), message(b"X", b"too long"),
])
def test_garbage_after_login_ends_the_connection_and_nothing_else(gateway, logged_in, garbage):
    logged_in.send(garbage).socket.shutdown(socket.SHUT_WR)
    while logged_in.socket.recv(4096):
        pass
    assert gateway.sql("SELECT 1") == 1


def test_bytes_may_come_one_by_one(wire):
    for byte in startup() + query("SELECT 'drop by drop'"):
        wire.send(bytes([byte]))
    wire.ready()
    assert wire.ready() == b"TDCZ"


def test_everything_may_come_at_once(wire):
    wire.send(startup() + query("SELECT 1") + query("SELECT 2") + query("SELECT 3"))
    wire.ready()
    assert [wire.ready() for _ in range(3)] == [b"TDCZ"] * 3


def extended(text, name=b""):
    statement = text.encode()
    return (message(b"P", name + b"\0" + statement + b"\0\0\0")
            + message(b"B", b"\0" + name + b"\0" + struct.pack("!hhh", 0, 0, 0))
            + message(b"D", b"P\0") + message(b"E", b"\0" + struct.pack("!i", 0)))


SYNC, FLUSH = message(b"S"), message(b"H")


def test_the_extended_protocol_step_by_step(logged_in):
    logged_in.send(extended("SELECT 1") + SYNC)
    assert logged_in.ready() == b"12TDCZ"


def test_flush_answers_before_the_sync(logged_in):
    logged_in.send(message(b"P", b"\0SELECT 1\0\0\0") + message(b"D", b"S\0") + FLUSH)
    assert [logged_in.read()[0] for _ in range(3)] == [b"1", b"t", b"T"]
    logged_in.send(message(b"B", b"\0\0" + b"\0" * 6) + message(b"E", b"\0" * 5) + SYNC)
    assert logged_in.ready() == b"2DCZ"


def test_an_error_skips_everything_up_to_the_sync(logged_in):
    logged_in.send(extended("SELECT 1 / (random() * 0)::int") + extended("SELECT 2") + SYNC
                   + extended("SELECT 3") + SYNC)
    assert logged_in.ready() == b"12TEZ"
    assert logged_in.ready() == b"12TDCZ"


def test_a_syntax_error_skips_everything_up_to_the_sync(logged_in):
    logged_in.send(extended("SELEKT 1") + extended("SELECT 2") + SYNC + query("SELECT 3"))
    assert logged_in.ready() == b"EZ"
    assert logged_in.ready() == b"TDCZ"


def test_a_portal_is_fetched_in_steps(logged_in):
    step = message(b"E", b"\0" + struct.pack("!i", 4))
    logged_in.send(message(b"P", b"\0SELECT generate_series(1, 10)\0\0\0")
                   + message(b"B", b"\0\0" + b"\0" * 6) + step + step + step + SYNC)
    assert logged_in.ready() == b"12DDDDsDDDDsDDCZ"


def test_closing_what_does_not_exist_is_no_error(logged_in):
    logged_in.send(message(b"C", b"Snothing\0") + message(b"C", b"Pnothing\0") + SYNC)
    assert logged_in.ready() == b"33Z"


def test_a_bare_sync_is_answered(logged_in):
    logged_in.send(SYNC + SYNC)
    assert [logged_in.ready(), logged_in.ready()] == [b"Z", b"Z"]


def test_an_unknown_statement_is_an_error_as_postgresql_words_it(logged_in):
    logged_in.send(message(b"B", b"\0nothing\0" + b"\0" * 6) + SYNC)
    messages = logged_in.read_until(b"Z")
    assert error_of(messages[0][1])["C"] == "26000"
    assert 'prepared statement "nothing" does not exist' == error_of(messages[0][1])["M"]


def test_ready_for_query_tells_the_state_of_the_transaction(logged_in):
    states = []
    for text in ("SELECT 1", "BEGIN", "SELECT 1/0", "ROLLBACK", "BEGIN; SELECT 1", "COMMIT"):
        states.append(logged_in.send(query(text)).read_until(b"Z")[-1][1])
    assert states == [b"I", b"T", b"E", b"I", b"T", b"I"]


def test_a_cancel_with_the_wrong_secret_does_nothing(gateway, logged_in):
    with Wire(gateway) as other:
        other.send(struct.pack("!iiii", 16, CANCEL_REQUEST, 1, 2))
        assert other.is_closed()
    assert logged_in.send(query("SELECT 1")).ready() == b"TDCZ"


def test_copy_data_after_an_error_is_discarded(gateway, logged_in):
    logged_in.send(query("CREATE TABLE c (n int)")).ready()
    logged_in.send(query("COPY c FROM STDIN") + message(b"d", b"x\n") + message(b"d", b"1\n")
                   + message(b"c") + query("SELECT 1"))
    assert logged_in.ready() == b"GEZ"
    assert logged_in.ready() == b"TDCZ"


def test_terminate_ends_the_connection(logged_in):
    logged_in.send(message(b"X"))
    assert logged_in.is_closed()
