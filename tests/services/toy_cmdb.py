"""The smallest service with data: `seed URL RECORDS LOG` and `serve PORT URL`."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg


def seed(url, records, log):
    with Path(log).open("a") as seedings:
        seedings.write(f"{records}\n")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE devices (id bigint PRIMARY KEY, name text)")
        statement = "INSERT INTO devices SELECT n, 'device ' || n FROM generate_series(1, %s) n"
        connection.execute(statement, [int(records)])


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    url = ""

    def do_GET(self):
        if self.path == "/die":
            sys.stderr.write("out of cheese\n")
            os._exit(7)
        with psycopg.connect(self.url) as connection:
            count = connection.execute("SELECT count(*) FROM devices").fetchone()[0]
        body = str(count).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(port, url):
    Service.url = url
    ThreadingHTTPServer(("127.0.0.1", int(port)), Service).serve_forever()


if __name__ == "__main__":
    {"seed": seed, "serve": serve}[sys.argv[1]](*sys.argv[2:])
