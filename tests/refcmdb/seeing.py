"""What the probes of several checks do."""

from __future__ import annotations

import functools
import json
import time
import uuid

import psycopg
import requests

from refcmdb.auth.passwords import hash_password

IN_TIME_S = 2


def token() -> str:
    return f"zq{uuid.uuid4().hex[:10]}"


def new_device(server, color: str = "red", **fields) -> dict:
    site = {"red": 1, "blue": 2}[color]
    body = {"name": token(), "serial": token(), "site_id": site, "device_type_id": 1}
    response = server.as_(f"operator-{color}").post("/devices", body | fields)
    assert response.status_code == 201, response.text
    return response.json()


def errors_of(answer: requests.Response) -> dict[str, str]:
    """Field to message of an answer that says what is wrong."""
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


def execute(server, statement: str) -> list[tuple]:
    directory = server.log.parent
    (port,) = (p.suffix[1:] for p in directory.glob(".s.PGSQL.*") if p.suffix[1:].isdigit())
    url = f"postgresql://cmdb@/{server.database}?host={directory}&port={port}"
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def new_user(server) -> tuple[str, str]:
    """A viewer of red, with the one password of all of them: hashing takes its time."""
    name, (password, stored) = token(), password_and_hash()
    columns = "(name, role, tenant_id, password_hash)"
    values = f"('{name}', 'viewer', 1, '{stored}')"
    execute(server, f"INSERT INTO users {columns} VALUES {values}")
    return name, password


@functools.cache
def password_and_hash() -> tuple[str, str]:
    password = token()
    return password, hash_password(password)


def log_in(server, name: str, password: str, **options) -> requests.Response:
    url, body = f"{server.base}/api/v1/auth/login", {"username": name, "password": password}
    return requests.post(url, json=body, timeout=30, **options)


def token_for(server) -> str:
    """The token that a new user gets."""
    return log_in(server, *new_user(server)).json()["token"]


def elapsed_s(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def events(server) -> list[dict]:
    """The security events that the server has written."""
    lines = server.log.read_text().split("\n")[:-1]  # the last may be half a line
    return [json.loads(line[line.index("{") :]) for line in lines if '"event": ' in line]


def events_until(server, last: str, *, seen: int) -> list[dict]:
    """The events after the ``seen`` first ones, when one is ``last`` or IN_TIME_S are over.

    A refusal is written when its answer has been sent.
    """
    deadline = time.monotonic() + IN_TIME_S
    while True:
        found = events(server)[seen:]
        if any(event["event"] == last for event in found) or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def breaks_out(client, method: str, path: str, make_options) -> bool:
    """A condition that is always false, outside of the literal, hides what is there."""
    sound = client(method, path, **make_options(""))
    broken = client(method, path, **make_options("' and 1=1/0 and '1'='1"))
    return sound.status_code < 300 and broken.status_code == 500


def headers_lack(server, path: str, status: int) -> bool:
    reply = server.as_("viewer-red").get(path)
    assert reply.status_code == status
    nosniff = reply.headers.get("X-Content-Type-Options", "").lower() == "nosniff"
    return not nosniff or "default-src 'none'" not in reply.headers.get(
        "Content-Security-Policy", ""
    )


def cached(server, user: str, path: str, **params) -> str:
    return server.as_(user).get(path, **params).headers["X-Cache"]
