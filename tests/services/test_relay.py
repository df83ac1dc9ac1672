"""Plain HTTP here, TLS there."""

import http.client
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pytest_cmdbguard.services import tls
from pytest_cmdbguard.services.relay import Relay


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Host-Seen", self.headers["Host"])
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def relay(tmp_path):
    """Before a server that only speaks TLS."""
    certificate = tls.issue(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        made = Relay(server.server_port, host_name="localhost")
        made.start()
        yield made
        made.stop()
        server.shutdown()
        thread.join()


def test_requests_pass_as_they_are_on_a_connection_that_stays(relay):
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=10)
    for size in (1, 1 << 20):
        connection.request("POST", "/", body=b"x" * size)
        answer = connection.getresponse()
        assert answer.read() == b"x" * size
        assert answer.getheader("Host-Seen") == f"127.0.0.1:{relay.port}"
    connection.close()


def test_when_it_is_stopped_nobody_listens_and_connections_end(relay, caplog):
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=5)
    connection.request("POST", "/", body=b"x")
    assert connection.getresponse().read() == b"x"
    relay.stop()
    assert connection.sock.recv(1) == b""
    assert not caplog.records
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", relay.port), timeout=5)


def test_a_server_that_is_gone_ends_the_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        made = Relay(taken.getsockname()[1], host_name="localhost")
        made.start()
        with socket.create_connection(("127.0.0.1", made.port), timeout=5) as near:
            assert near.recv(1) == b""
        made.stop()
