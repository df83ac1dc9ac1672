"""A service with one sound and one leaky operation per sink: `serve PORT DIRECTORY`."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jinja2

DEAR_S = 0.06  # of CPU time, for whatever is asked


def shell(text):
    return subprocess.run(f"echo {text}", shell=True, capture_output=True, check=False).stdout


def argument_list(text):
    return subprocess.run(["echo", "--", text], capture_output=True, check=False).stdout


def option(text):
    return subprocess.run(
        ["grep", "-r", text, "/dev/null"], capture_output=True, check=False
    ).stderr


def page(text):
    return jinja2.Template(f"Hello {text}").render()


def variable(text):
    return jinja2.Template("Hello {{ text }}").render(text=text)


def formula(text):
    return str(eval(text))


def number(text):
    return str(float(text))


def file(text):
    return Path(Service.directory, text).read_bytes()


def file_in_place(text):
    path = Path(Service.directory, text).resolve()
    return path.read_bytes() if path.is_relative_to(Service.directory) else b""


def url(text):
    return urllib.request.urlopen(text, timeout=2).read()


def url_kept(text):
    return text


def words(text):
    return str(bool(re.match(r"^([a-z0-9]+[-_. ]?)+$", text[:25])))


def dear_words(text):
    begin = time.process_time()
    while time.process_time() - begin < DEAR_S:
        pass
    return plain_words(text)


def plain_words(text):
    return str(bool(re.match(r"^[a-z0-9-_. ]+$", text)))


LEAKY = {
    "host/shell": shell,
    "option": option,
    "template/page": page,
    "formula": formula,
    "file": file,
    "url": url,
    "words": words,
}
SOUND = {
    "host/list": argument_list,
    "template/variable": variable,
    "number": number,
    "file-in-place": file_in_place,
    "url-kept": url_kept,
    "plain-words": plain_words,
    "dear-words": dear_words,
}


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    directory = ""

    def do_GET(self):
        parts = urlsplit(self.path)
        text = parse_qs(parts.query, keep_blank_values=True).get(parameter_of(parts.path), [""])[0]
        try:
            made = {**LEAKY, **SOUND}[parts.path.strip("/")](text)
            status = 200
        except Exception as error:  # noqa: BLE001 - whatever a sink raised is told
            made, status = type(error).__name__, 422
        body = made if isinstance(made, bytes) else made.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def parameter_of(path):
    """The query parameter of an operation."""
    return "url" if "url" in path else "name"


def document():
    """The OpenAPI document."""
    paths = {}
    for path, function in {**LEAKY, **SOUND}.items():
        parameter = {"name": parameter_of(path), "in": "query", "schema": {"type": "string"}}
        paths[f"/{path}"] = {"get": {"operationId": function.__name__, "parameters": [parameter]}}
    return {"openapi": "3.1.0", "info": {"title": "sinks", "version": "1"}, "paths": paths}


if __name__ == "__main__":
    Service.directory = sys.argv[2]
    os.chdir(Service.directory)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Path(sys.argv[1]).write_text(json.dumps(server.server_port))
    server.serve_forever()
