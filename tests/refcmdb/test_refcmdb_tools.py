"""Reachability, templates and expressions, on a real server."""

from __future__ import annotations

import concurrent.futures
import socket
import time
from pathlib import Path

import pytest

TOOLS = {
    "/tools/reachability": {"host": "localhost"},
    "/tools/render": {"template": "x"},
    "/tools/compute": {"expression": "1", "device_id": 1},
    "/config-templates/1/render": {"device_id": 1},
}


def fields_of(answer) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


def message_of(answer) -> str:
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"][0]["message"]


def reach(client, host: str, **fields) -> dict:
    answer = client.post("/tools/reachability", {"host": host, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def render(client, template: str, **fields):
    return client.post("/tools/render", {"template": template, **fields})


def compute(client, expression: str, device_id: int = 1):
    return client.post("/tools/compute", {"expression": expression, "device_id": device_id})


@pytest.mark.parametrize("path", TOOLS)
def test_tools_are_for_operators_and_administrators(path, server, viewer, red, admin):
    assert server.as_(None).post(path, TOOLS[path]).status_code == 401
    assert viewer.post(path, TOOLS[path]).status_code == 403
    assert red.post(path, TOOLS[path]).status_code == 200
    assert admin.post(path, TOOLS[path]).status_code == 200


@pytest.mark.parametrize("path", ["/tools/render", "/tools/compute", "/config-templates/1/render"])
def test_foreign_device_is_answered_like_a_missing_one(path, red, blue, device_body):
    number = blue.post("/devices", device_body(site_id=2)).json()["id"]
    answers = [red.post(path, TOOLS[path] | {"device_id": n}) for n in (number, 999_999_999)]
    assert fields_of(answers[0]) == ["device_id"]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("ping", ["-n", "-c", "2", "-i", "0.2", "-W", "1", "--", "core-1.example.net"]),
        ("traceroute", ["-n", "-m", "15", "-q", "1", "-w", "1", "--", "core-1.example.net"]),
    ],
)
def test_host_is_the_word_after_the_options(red, method, words):
    reply = reach(red, "core-1.example.net", method=method, count=2)
    assert (reply["state"], reply["output"].split("\n")[:-1]) == ("reachable", words)


def test_program_decides_whether_a_host_is_reachable(red):
    assert reach(red, "down.example")["state"] == "unreachable"


def test_program_that_takes_too_long_is_stopped(red):
    began = time.monotonic()
    assert reach(red, "slow.example")["state"] == "unreachable"
    assert time.monotonic() - began < 4


def test_reason_of_a_check_is_in_the_log(red, server):
    reach(red, "localhost", reason="Ticket 4711 $(x)")
    assert "checks localhost: Ticket 4711 $(x)" in server.log.read_text()


def test_missing_program_is_told(start_server, tmp_path):
    with start_server(environment={"PATH": str(tmp_path)}) as server:
        reply = reach(server.as_("operator-red"), "localhost")
    assert (reply["state"], reply["output"]) == (
        "unavailable",
        "ping is not installed on this server",
    )


def test_waiting_for_slow_hosts_keeps_nobody_else_waiting(red, viewer):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(reach, red, "slow.example") for _ in range(4)]
        time.sleep(0.2)
        began = time.monotonic()
        assert viewer.get("/devices", limit=1).status_code == 200
        assert time.monotonic() - began < 1
        assert {future.result()["state"] for future in slow} == {"unreachable"}


WRONG_HOSTS = (
    *("-c", "--help", "-", "", "a b", "a;b", "a'b", "$(x)", "a|b", "a\nb", "a\n", "`x`", "a/b"),
    *("x" * 254, "ä.example", "a%b", ".example", "a&b", "host-"),
)


@pytest.mark.parametrize("host", WRONG_HOSTS, ids=ascii)
def test_host_that_can_be_more_than_a_name_is_refused(red, host):
    assert fields_of(red.post("/tools/reachability", {"host": host})) == ["host"]


@pytest.mark.parametrize(
    "fields", [{"count": 0}, {"count": 6}, {"port": 0}, {"port": 65536}, {"method": "nmap"}]
)
def test_wrong_reachability_request_is_refused(red, fields):
    assert fields_of(red.post("/tools/reachability", {"host": "a"} | fields)) == list(fields)


def test_connection_goes_only_where_the_server_may_go(start_server):
    with (
        socket.create_server(("127.0.0.2", 0)) as listening,
        start_server(environment={"REFCMDB_EGRESS": "127.0.0.2/32"}) as server,
    ):
        port, client = listening.getsockname()[1], server.as_("operator-red")
        states = {
            host: reach(client, host, method="tcp", port=port)["state"]
            for host in ("127.0.0.2", "127.0.0.1", "localhost", "::1")
        }
        listening.close()
        closed = reach(client, "127.0.0.2", method="tcp", port=port)["state"]
    assert states == {
        "127.0.0.2": "reachable",
        "127.0.0.1": "refused",
        "localhost": "refused",
        "::1": "refused",
    }
    assert closed == "unreachable"


def test_stored_template_is_rendered_with_a_device_of_the_tenant(red, blue, unique):
    body = "{{ device.name }} {{ device.interfaces|map(attribute='name')|first }} {{ vlan + 1 }}"
    made = red.post("/config-templates", {"name": unique(), "body": body}).json()
    path = f"/config-templates/{made['id']}/render"
    device = red.get("/devices/1").json()
    done = red.post(path, {"device_id": 1, "variables": {"vlan": 119}})
    assert done.json() == {"output": f"{device['name']} Ethernet1 120"}
    assert blue.post(path, {"device_id": 2}).status_code == 404


def test_life_of_a_template_is_in_the_change_log(red, viewer, unique):
    made = red.post("/config-templates", {"name": unique(), "body": "a"})
    assert made.status_code == 201
    path = f"/config-templates/{made.json()['id']}"
    assert red.patch(path, {"body": "b"}).json()["body"] == "b"
    assert viewer.patch(path, {"body": "c"}).status_code == 403
    assert red.delete(path).status_code == 204
    log = viewer.get("/changes", object_type="config_templates", object_id=made.json()["id"])
    assert [c["action"] for c in log.json()["items"]] == ["delete", "update", "create"]


def test_template_is_rendered_without_being_stored(red):
    done = render(red, "vlan {{ vlan }}\n", variables={"vlan": "120"}, title="Core")
    assert done.json() == {"output": "! Core\nvlan 120\n"}


def test_variable_does_not_hide_the_device(red):
    name = red.get("/devices/1").json()["name"]
    done = render(red, "{{ device.name }}", device_id=1, variables={"device": "mine"})
    assert done.json() == {"output": name}


def test_text_of_a_variable_or_title_is_never_a_template(red):
    done = render(red, "{{ a }}", variables={"a": "{{ 7 * 7 }}"}, title="{{ 7 * 7 }}")
    assert done.json() == {"output": "! {{ 7 * 7 }}\n{{ 7 * 7 }}"}


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ device.update({}) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{% include '/etc/hostname' %}",
        "{% import 'os' as os %}",
    ],
)
def test_template_reaches_nothing_but_its_values(red, template):
    answer = render(red, template, device_id=1)
    assert fields_of(answer) == ["template"]
    assert "class" not in message_of(answer)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nothing }}", "cannot be rendered: 'nothing' is undefined"),
        ("a\n{{", "is wrong in line 2: unexpected 'end of template'"),
        ("{{ 1 / 0 }}", "cannot be rendered: ZeroDivisionError"),
    ],
)
def test_wrong_template_is_explained(red, template, message):
    assert message_of(render(red, template)) == message


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10 ** 10 }}",
        "{{ 10 ** (10 ** 9) }}",
        "{% for i in range(99999) %}0123456789{% endfor %}",
        "{{ ''.ljust(10 ** 10) }}",
    ],
)
def test_template_is_bounded_and_the_next_one_is_rendered(red, template):
    began = time.monotonic()
    assert message_of(render(red, template)) == "takes too long or too much memory"
    assert time.monotonic() - began < 10
    assert render(red, "next").json() == {"output": "next"}


def test_renderer_knows_no_secrets_and_ends_with_the_server(start_server):
    with start_server() as server:
        assert render(server.as_("operator-red"), "x").status_code == 200
        (child,) = children_of(server.pid)
        assert b"REFCMDB_" not in Path(f"/proc/{child}/environ").read_bytes()
    deadline = time.monotonic() + 5
    while is_there(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_simultaneous_renderings_do_not_mix(red):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = pool.map(lambda n: render(red, f"number {n}").json()["output"], range(24))
    assert list(done) == [f"number {n}" for n in range(24)]


@pytest.mark.parametrize(
    "fields",
    [
        {"template": ""},
        {"template": "x" * 10_001},
        {"template": "\0"},
        {"variables": {"a b": 1}},
        {"variables": {"a": []}},
        {"variables": {"a": 2**60}},
        {"title": "a\nb"},
        {"device_id": 0},
    ],
    ids=lambda fields: ascii(fields)[:40],
)
def test_wrong_rendering_is_refused(red, fields):
    (field,) = fields_of(red.post("/tools/render", {"template": "x"} | fields))
    assert field.split("[")[0] in fields


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ports * 2 + height_units", None),
        ("1 + 2 * 3", 7),
        ("7 // 2 - 7 % 4", 0),
        ("round(10 / 4, 1)", 2.5),
        ("max(ports, 1000)", 1000),
        ("-(3 - 5)", 2),
        ("1 if ports > 0 else 2", 1),
        (" ports == ports", True),
    ],
)
def test_expression_is_computed(red, expression, value):
    answer = compute(red, expression)
    assert answer.status_code == 200, answer.text
    figures = answer.json()["figures"]
    expected = figures["ports"] * 2 + figures["height_units"] if value is None else value
    assert answer.json()["value"] == expected


def test_figures_are_those_of_the_device(red, device_body):
    number = red.post("/devices", device_body(tags=["edge"])).json()["id"]
    port = red.post("/interfaces", {"device_id": number, "name": "e1", "enabled": False}).json()
    red.post("/ip-addresses", {"address": f"10.253.0.{number % 250}", "interface_id": port["id"]})
    figures = compute(red, "1", number).json()["figures"]
    height = figures.pop("height_units")
    assert figures == {"ports": 1, "ports_enabled": 0, "addresses": 1, "tags": 1}
    assert height >= 1


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "__import__('os')",
            "().__class__",
            "ports.real",
            "[1][0]",
            "lambda: 1",
            "x",
            "print(1)",
        ),
        *("'a' * 3", "2 ** 9", "1 << 9", "ports := 1", "[p for p in (1,)]", "f'{ports}'", "{1}"),
        *("max(*[1])", "round(1, ndigits=2)", "1; 2", "1\n2", "import os", "", "1 / 0", "1 +"),
        *("(" * 100 + ")" * 100, "-" * 200, "9" * 200, "1e999", "round(5, -10 ** 9)", "1 < 2 < 3"),
        *("round(5, 0 - 900000000)", "max()", "abs(1, 2)", "None", "True + 'a'", "1j", "..."),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_expression_that_is_no_arithmetic_is_refused(red, expression):
    began = time.monotonic()
    assert fields_of(compute(red, expression)) == ["expression"]
    assert time.monotonic() - began < 1


def test_value_of_an_expression_is_bounded(red):
    assert "beyond" in message_of(compute(red, "999999999 * 999999999 * 999999999"))
