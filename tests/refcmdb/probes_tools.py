"""What the checks of commands, templates, code, XML and pickles would see: True is a violation."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path

from receiving import Receiver
from seeing import token

SCAN = """<?xml version="1.0"?>{doctype}
<nmaprun><host><address addr="10.254.{site}.{host}" addrtype="ipv4"/>
<hostscript><script><elem key="fact">{fact}</elem></script></hostscript></host></nmaprun>"""
LARGE_KB = 45_000


def red(server):
    return server.as_("operator-red")


def creates(act) -> bool:
    """Whether ``act`` with the name of a file that is not there makes that file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made")
        act(path)
        return path.exists()


def reach(server, host: str) -> dict:
    return red(server).post("/tools/reachability", {"host": host}).json()


def semicolon_in_host_runs(server) -> bool:
    return creates(lambda path: reach(server, f"localhost;touch {path};"))


def quote_in_host_runs(server) -> bool:
    return creates(lambda path: reach(server, f"localhost';touch {path};'"))


def title_runs(server) -> bool:
    return creates(lambda path: render(server, "x", title=f"a;touch {path};"))


def options_of(server, host: str) -> list[str]:
    """What ping could take for an option."""
    words = reach(server, host).get("output", "").splitlines()
    end = words.index("--") if "--" in words else len(words)
    return [word for word in words[:end] if word.startswith("-")]


def host_is_an_option(server) -> bool:
    return "-zq" in options_of(server, "-zq")


def end_of_host_is_an_option(server) -> bool:
    return "-zq" in options_of(server, "localhost -zq")


def reason_is_an_option(server) -> bool:
    option = f"-{token()}"
    red(server).post("/tools/reachability", {"host": "localhost", "reason": option})
    return option in server.log.read_text().splitlines()


def render(server, template: str, **fields) -> str:
    body = {"template": template, "device_id": 1, **fields}
    return red(server).post("/tools/render", body).json().get("output", "")


def template_sees_classes(server) -> bool:
    return "<class 'object'>" in render(server, "{{ ''.__class__.__mro__ }}")


def format_sees_classes(server) -> bool:
    return "<class 'object'>" in render(server, "{device.__class__.__mro__}")


def title_is_evaluated(server) -> bool:
    return "1343981" in render(server, "x", title="{{ 1153 * 1165 + 736 }}")


def compute(server, expression: str):
    body = {"expression": expression, "device_id": 1}
    return red(server).post("/tools/compute", body).json().get("value", 0)


def expression_sees_classes(server) -> bool:
    """After a line feed: that ends a ``return``."""
    return compute(server, "\n().__class__.__base__.__subclasses__().__len__()") > 100


def second_line_runs(server) -> bool:
    return creates(lambda path: compute(server, f"ports\nopen({str(path)!r}, 'w')"))


def scan(server, fact: str, doctype: str = "") -> str:
    site, host = os.urandom(2)
    text = SCAN.format(doctype=doctype, fact=fact, site=site, host=host)
    kind = {"Content-Type": "application/xml"}
    return red(server)("POST", "/discovery/nmap", data=text, headers=kind).text


def entity_is_a_file(server) -> bool:
    secret = token()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(secret)
        file.flush()
        doctype = f'<!DOCTYPE nmaprun [<!ENTITY e SYSTEM "file://{file.name}">]>'
        return secret in scan(server, "&e;", doctype)


def document_type_is_fetched(server) -> bool:
    with Receiver.running("127.0.0.1") as receiver:
        scan(server, "x", f'<!DOCTYPE nmaprun SYSTEM "{receiver.url}/nmap.dtd">')
        return bool(receiver.requests)


def grows(server, act) -> bool:
    """Whether the server ever needed much more memory than before."""

    def peak_kb() -> int:
        status = Path(f"/proc/{server.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    before = peak_kb()
    act()
    return peak_kb() - before > LARGE_KB


def nested_entities_grow(server) -> bool:
    levels = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 7)]
    doctype = f'<!DOCTYPE nmaprun [<!ENTITY e0 "{"x" * 50}">{"".join(levels)}]>'
    return grows(server, lambda: scan(server, "&e6;", doctype))


def long_entity_grows(server) -> bool:
    doctype = f'<!DOCTYPE nmaprun [<!ENTITY e "{"x" * 500_000}">]>'
    return grows(server, lambda: scan(server, "&e;" * 90, doctype))


def tag_in_yaml_runs(server) -> bool:
    def act(path: Path) -> None:
        text = f"- name: !!python/object/apply:os.system ['touch {path}']\n"
        kind = {"Content-Type": "application/yaml"}
        red(server)("POST", "/devices/import", data=text, headers=kind)

    return creates(act)


def pickle_in_cursor_runs(server) -> bool:
    def act(path: Path) -> None:
        # The pickle calls open(path, "w"): protocol 0 is text.
        pickled = f"cio\nopen\n(S'{path}'\nS'w'\ntR.".encode()
        cursor = base64.b64encode(pickled).decode()
        red(server).get("/devices/export", cursor=cursor)

    return creates(act)


PROBES = {
    "CG-CMD-001": {
        "cmd-reachability-shell": semicolon_in_host_runs,
        "cmd-reachability-pipeline": quote_in_host_runs,
        "cmd-render-logger": title_runs,
    },
    "CG-CMD-002": {
        "arg-ping-option": host_is_an_option,
        "arg-ping-words": end_of_host_is_an_option,
        "arg-journal-tag": reason_is_an_option,
    },
    "CG-TPL-001": {
        "tpl-plain-environment": template_sees_classes,
        "tpl-format-device": format_sees_classes,
        "tpl-title-in-template": title_is_evaluated,
    },
    "CG-CODE-001": {
        "code-compute-eval": expression_sees_classes,
        "code-compute-exec": second_line_runs,
    },
    "CG-XML-001": {
        "xml-local-entities": entity_is_a_file,
        "xml-remote-dtd": document_type_is_fetched,
    },
    "CG-XML-002": {
        "xml-nested-entities": nested_entities_grow,
        "xml-quadratic-entities": long_entity_grows,
    },
    "CG-SER-001": {
        "ser-yaml-unsafe": tag_in_yaml_runs,
        "ser-cursor-pickle": pickle_in_cursor_runs,
    },
}
