"""What the checks of logs, errors and inventory would see: True is a violation."""

from __future__ import annotations

import functools
import time

import requests
from seeing import events, events_until, log_in, new_user, token, token_for


def begins_a_line(server, path: str) -> bool:
    text = token()
    server.as_("viewer-red").get(path.format(f"a%0D%0A{text}"))
    return any(line.startswith(text) for line in server.log.read_text().splitlines())


def search_term_begins_a_line(server) -> bool:
    return begins_a_line(server, "/devices?q={}")


def path_begins_a_line(server) -> bool:
    return begins_a_line(server, "/devices/{}")


def password_is_logged(server) -> bool:
    text = token()
    log_in(server, token(), text)
    return text in server.log.read_text()


def dead_token_is_logged(server) -> bool:
    text = token_for(server)
    headers = {"Authorization": f"Bearer {text}"}
    requests.post(f"{server.base}/api/v1/auth/logout", headers=headers, timeout=10)
    requests.get(f"{server.base}/api/v1/tags", headers=headers, timeout=10)
    return text in server.log.read_text()


def token_is_in_a_statement(server, postgres) -> bool:
    with postgres.plans() as plans:
        text = token_for(server)
        time.sleep(0.1)
    return any(text in plan for plan in plans)


def told(server, work, last: str) -> list[dict]:
    """The events of some work, up to the last that belongs to it if that comes in time."""
    seen = len(events(server))
    work()
    return events_until(server, last, seen=seen)


def failed_log_in_leaves_no_event(server) -> bool:
    name, password = new_user(server)

    def work():
        log_in(server, name, "wrong")
        log_in(server, name, password)

    names = [event["event"] for event in told(server, work, "login.ok")]
    return "login.ok" in names and "login.failed" not in names


def denial_names_nobody(server) -> bool:
    ask = functools.partial(server.as_("operator-blue").get, "/devices/1")
    found = told(server, ask, "object.refused")
    return any(event["event"] == "object.refused" and not event["actor"] for event in found)


def nothing_is_told_in_time(server) -> bool:
    name, password = new_user(server)
    return not told(server, functools.partial(log_in, server, name, password), "login.ok")


def duplicate_shows_its_key(server) -> bool:
    body = {"name": token()}
    replies = [server.as_("admin").post("/tenants", body) for _ in range(2)]
    return "Key (" in replies[1].text


def cursor_shows_a_traceback(server) -> bool:
    return "Traceback" in server.as_("viewer-red").get("/devices", cursor="!!!").text


def error_tells_versions(server) -> bool:
    return "Python/3" in server.as_(None).get("/devices").text


def error_has_versions(server) -> bool:
    return "python_version" in server.as_(None).get("/devices").json()


def debug_shows_settings(server) -> bool:
    return "database_url" in server.as_(None).get("//debug/vars").text


def put_is_served(server) -> bool:
    return server.as_("admin")("PUT", "/devices/1", json={}).ok


def trace_shows_headers(server) -> bool:
    reply = server.as_("admin")("TRACE", "/tags")
    return reply.ok and "authorization" in reply.text


PROBES = {
    "CG-LOG-001": {
        "log-search-term": search_term_begins_a_line,
        "log-path-decoded": path_begins_a_line,
    },
    "CG-LOG-002": {
        "log-login-body": password_is_logged,
        "log-refused-token": dead_token_is_logged,
        "log-token-in-sql": token_is_in_a_statement,
    },
    "CG-LOG-003": {
        "log-no-failed-logins": failed_log_in_leaves_no_event,
        "log-denials-unnamed": denial_names_nobody,
        "log-events-late": nothing_is_told_in_time,
    },
    "CG-ERR-001": {
        "error-shows-constraint": duplicate_shows_its_key,
        "error-traceback": cursor_shows_a_traceback,
        "error-server-version": error_tells_versions,
        "error-runtime-versions": error_has_versions,
    },
    "CG-INV-001": {
        "inventory-debug-vars": debug_shows_settings,
        "inventory-put-device": put_is_served,
        "inventory-trace": trace_shows_headers,
    },
}
