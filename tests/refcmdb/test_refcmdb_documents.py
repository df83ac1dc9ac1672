"""Devices in and out as CSV and YAML, and scans as XML, on a real server."""

from __future__ import annotations

import csv
import io
import os
import time

import pytest
import yaml
from documents import CSV, YAML, bring, brought_back, row, send, table
from seeing import errors_of

XML = "application/xml"
SCAN = """<?xml version="1.0"?>{doctype}
<nmaprun scanner="nmap">{hosts}</nmaprun>"""
HOST = """<host><status state="{state}"/><address addr="02:00:00:00:00:01" addrtype="mac"/>
<address addr="{address}" addrtype="ipv4"/><hostnames><hostname name="{name}"/></hostnames>
<ports><port portid="22"/><port portid="443"/></ports>
<hostscript><script><elem key="sysDescr">{fact}</elem></script></hostscript></host>"""


def scan(client, *hosts: str, doctype: str = "", **options):
    text = SCAN.format(doctype=doctype, hosts="".join(hosts))
    return send(client, "/discovery/nmap", text, XML, **options)


def host(address: str, *, name: str = "", state: str = "up", fact: str = "A switch") -> str:
    return HOST.format(address=address, name=name, state=state, fact=fact)


def new_address() -> str:
    return "10.252.{}.{}".format(*os.urandom(2))


def test_csv_becomes_devices_with_their_changes(red, unique):
    rows = [row(unique, rack="R00001-01", tags="edge;core", comments="a, b"), row(unique)]
    rows[1] |= {"rack": "", "tags": "", "comments": ""}
    answer = bring(red, table(*rows))
    assert answer.status_code == 201, answer.text
    items = answer.json()["items"]
    assert [item["name"] for item in items] == [one["name"] for one in rows]
    assert (items[0]["rack"], items[0]["tags"]) == ("R00001-01", ["core", "edge"])
    assert (items[1]["rack"], items[1]["status"], items[1]["role"]) == (None, "active", "access")
    log = red.get("/changes", object_type="devices", object_id=items[0]["id"]).json()["items"]
    assert [change["action"] for change in log] == ["create"]


def test_numbers_stand_for_the_objects_that_have_them(red, blue, unique):
    named = bring(red, table(row(unique))).json()["items"][0]
    site, kind = str(named["site_id"]), str(named["device_type_id"])
    answer = bring(red, table(row(unique, site=site, device_type=kind)))
    assert answer.status_code == 201, answer.text
    (item,) = answer.json()["items"]
    assert (item["site_id"], item["device_type_id"]) == (named["site_id"], named["device_type_id"])
    foreign = bring(blue, table(row(unique, site=site, device_type="9" * 30)))
    assert errors_of(foreign) == dict.fromkeys(
        ("[0].site", "[0].device_type"), "there is no such object"
    )


def test_yaml_becomes_devices(red, unique):
    rows = [row(unique, tags=["edge"], comments="a\nb"), row(unique, status="planned")]
    answer = bring(red, yaml.safe_dump(rows), YAML)
    assert answer.status_code == 201, answer.text
    assert [item["comments"] for item in answer.json()["items"]] == ["a\nb", ""]


@pytest.mark.parametrize("kind", ["csv", "yaml"])
@pytest.mark.parametrize("comments", ["=1+1", "'=1", "''-a", "'", "it's", '"a", b\nc'])
def test_export_is_what_import_takes(kind, comments, red, device_body):
    device = red.post("/devices", device_body(comments=comments, tags=["edge", "core"])).json()
    exported = red.get("/devices/export", format=kind, name=device["name"])
    assert exported.headers["Content-Disposition"] == f'attachment; filename="devices.{kind}"'
    item = brought_back(red, device, kind)
    changing = {"id", "created_at", "updated_at"}
    assert {k: v for k, v in item.items() if k not in changing} == {
        k: v for k, v in device.items() if k not in changing
    }


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_cell_of_an_export_is_no_formula(red, device_body, sign):
    device = red.post("/devices", device_body(comments=f"{sign}cmd|'/c calc'!A1")).json()
    exported = red.get("/devices/export", name=device["name"]).text
    (found,) = csv.DictReader(io.StringIO(exported))
    assert found["comments"] == f"'{sign}cmd|'/c calc'!A1"


def test_export_goes_on_where_its_link_leads(viewer):
    first = viewer.get("/devices/export", limit=3, sort="name", format="yaml")
    path = first.links["next"]["url"].removeprefix("/api/v1")
    second = viewer.get(path)
    both = viewer.get("/devices/export", limit=6, sort="name", format="yaml")
    assert yaml.safe_load(first.text) + yaml.safe_load(second.text) == yaml.safe_load(both.text)
    assert "next" not in viewer.get("/devices/export", name="nobody").links


def test_export_holds_only_the_actors_tenant(viewer, server):
    exported = viewer.get("/devices/export", limit=1000)
    known = ("name", "serial", "site")  # each alone may be the same in two tenants
    mine = {tuple(map(item.get, known)) for item in csv.DictReader(io.StringIO(exported.text))}
    foreign = server.as_("viewer-blue").get("/devices", limit=1000).json()["items"]
    assert mine
    assert not mine & {tuple(map(item.get, known)) for item in foreign}


def test_import_is_for_operators_and_their_own_tenant(server, viewer, blue, unique):
    text = table(row(unique))
    assert bring(server.as_(None), text).status_code == 401
    assert bring(viewer, text).status_code == 403
    assert errors_of(bring(blue, text)) == {"[0].site": "there is no such object"}


def test_administrator_imports_for_the_owner_of_the_site(admin, unique):
    assert bring(admin, table(row(unique))).json()["items"][0]["tenant"] == "red"


def test_every_wrong_row_is_told_and_nothing_is_imported(red, unique):
    rows = [row(unique), row(unique, site="nowhere"), row(unique), row(unique, device_type="x")]
    wrong = errors_of(bring(red, table(*rows)))
    assert wrong == {
        "[1].site": "there is no such object",
        "[3].device_type": "there is no such object",
    }
    invalid = [row(unique), row(unique, status="broken"), row(unique, name="x" * 101)]
    assert list(errors_of(bring(red, yaml.safe_dump(invalid), YAML))) == ["[1].status", "[2].name"]
    for one in (*rows, *invalid):
        assert red.get("/devices", serial=one["serial"]).json()["items"] == []


def test_rack_must_be_one_of_the_site(red, unique):
    assert list(errors_of(bring(red, table(row(unique, rack="R00004-01"))))) == ["[0].rack"]


def test_duplicates_are_told(red, unique):
    one = row(unique)
    twice = [one, row(unique) | {"name": one["name"]}]
    assert errors_of(bring(red, table(*twice))) == {"[1].name": "is in an earlier row, too"}
    assert bring(red, table(one)).status_code == 201
    assert bring(red, table(one)).status_code == 409


def test_unknown_tag_stops_the_import(red, unique):
    assert list(errors_of(bring(red, table(row(unique, tags="edge;nonsense"))))) == ["tags"]


WRONG_CSV = {
    "empty": b"",
    "no rows": b"name,serial,site,device_type\n",
    "unknown column": b"name,owner\na,b\n",
    "custom column": b"name,cf_\na,b\n",
    "too many cells": b"name,serial\na,b,c\n",
    "open quote": b'name,serial\n"a,b\n',
    "not UTF-8": b"name\n\xff\n",
    "no columns": b"\n\n",
    "many rows": b"name\n" + b"x\n" * 1001,
    "long cell": b"name\n" + b"x" * 200_000 + b"\n",
}


@pytest.mark.parametrize("content", WRONG_CSV.values(), ids=WRONG_CSV)
def test_wrong_csv_is_refused(red, content):
    assert errors_of(bring(red, content))


WRONG_YAML = {
    "empty": "",
    "no list": "name: x\n",
    "empty list": "[]",
    "no mapping": "- 1\n",
    "open": "- {name: ",
    "tab": "\t- a",
    "alias": "- &a {name: x}\n- *a\n",
    "billion laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "merge": "- &a {name: x}\n- <<: *a\n",
    "object": "- !!python/object/apply:os.getpid []\n",
    "python name": "- name: !!python/name:os.system ''\n",
    "known tag": "- name: !!binary aGFsbG8=\n",
    "own tag": "- name: !x y\n",
    "deep": "- " * 6 + "a\n",
    "very deep": "[" * 5000,
    "wrong date": "- name: 2024-13-45\n",
    "long number": "- name: " + "9" * 5000 + "\n",
    "octal": "- name: 0b_\n",
    "key": "- {[1]: x}\n",
    "custom list": "- {name: a, serial: b, site: c, device_type: d, custom_fields: [x]}\n",
    "custom key": "- {name: a, serial: b, site: c, device_type: d, custom_fields: {A: x}}\n",
    "control": "- name: \x00\n",
    "large": "- name: x\n" * 30_000,
    "two documents": "- 1\n---\n- 2\n",
}


@pytest.mark.parametrize("content", WRONG_YAML.values(), ids=WRONG_YAML)
def test_wrong_yaml_is_refused_at_once(red, content):
    began = time.monotonic()
    assert errors_of(bring(red, content, YAML))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("path", ["/devices/import", "/discovery/nmap"])
def test_other_media_types_and_large_documents_are_refused(red, path):
    assert send(red, path, "{}", "application/json").status_code == 415
    kind = CSV if path == "/devices/import" else XML
    assert send(red, path, b"x" * (1024 * 1024 + 1), kind).status_code == 413


def test_scan_becomes_addresses_once(red):
    address = new_address()
    first = scan(red, host(address, name="core-9.example.net"), host("10.0.0.1", state="down"))
    assert first.status_code == 200, first.text
    (created,) = first.json()["created"]
    assert (created["address"], created["dns_name"]) == (f"{address}/32", "core-9.example.net")
    expected = {
        "address": f"{address}/32",
        "hostname": "core-9.example.net",
        "ports": [22, 443],
        "facts": {"sysDescr": "A switch"},
        "known": False,
    }
    assert first.json()["hosts"] == [expected]
    again = scan(red, host(address), host(address)).json()
    assert (again["created"], again["hosts"][0]["known"]) == ([], True)
    log = red.get("/changes", object_type="ip_addresses", object_id=created["id"]).json()["items"]
    assert [change["action"] for change in log] == ["create"]


def test_document_type_of_nmap_is_taken(red):
    doctype = "<!DOCTYPE nmaprun>\n<?xml-stylesheet href='file:///usr/share/nmap/nmap.xsl'?>"
    assert scan(red, host(new_address()), doctype=doctype).status_code == 200


def test_same_address_belongs_to_each_tenant_for_itself(red, blue):
    address = new_address()
    owners = [scan(c, host(address)).json()["created"][0]["tenant"] for c in (red, blue)]
    assert owners == ["red", "blue"]


def test_administrator_says_whose_scan_it_is(admin, red):
    address = new_address()
    assert list(errors_of(scan(admin, host(address)))) == ["tenant_id"]
    done = scan(admin, host(address), params={"tenant_id": 2})
    assert done.json()["created"][0]["tenant"] == "blue"
    assert list(errors_of(scan(red, host(address), params={"tenant_id": 2}))) == ["tenant_id"]


def test_scan_is_for_operators(server, viewer):
    assert scan(server.as_(None)).status_code == 401
    assert scan(viewer).status_code == 403


ENTITIES = {
    "file": '<!DOCTYPE nmaprun [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    "network": '<!DOCTYPE nmaprun [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>',
    "parameter": '<!DOCTYPE nmaprun [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>',
    "internal": '<!DOCTYPE nmaprun [<!ENTITY e "text">]>',
    "nested": '<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY e "&a;&a;&a;">]>',
}


@pytest.mark.parametrize("doctype", ENTITIES.values(), ids=ENTITIES)
def test_scan_that_declares_entities_is_refused(red, doctype):
    reference = "x" if "%" in doctype else "&e;"
    told = errors_of(scan(red, host(new_address(), fact=reference), doctype=doctype))
    assert told == {"": "the document declares entities or refers to other files"}


WRONG_SCANS = {
    "empty": b"",
    "no XML": b"{}",
    "open": b"<nmaprun>",
    "other root": b"<html/>",
    "address": SCAN.format(doctype="", hosts=host("10.0.0.300")).encode(),
    "zone": SCAN.format(doctype="", hosts=host("fe80::1%eth0")).encode(),
    "host name": SCAN.format(doctype="", hosts=host("10.0.0.1", name="a b")).encode(),
    "encoding": b'<?xml version="1.0" encoding="nonsense"?><nmaprun/>',
    "wide encoding": b'<?xml version="1.0" encoding="utf-32"?><nmaprun/>',
    "not UTF-8": b"<nmaprun>\xff</nmaprun>",
    "very deep": b"<nmaprun>" * 50_000,
    "port": b"<nmaprun><host><address addr='10.0.0.1'/><ports><port portid='x'/></ports></host>"
    b"</nmaprun>",
}


@pytest.mark.parametrize("content", WRONG_SCANS.values(), ids=WRONG_SCANS)
def test_wrong_scan_is_refused(red, content):
    assert errors_of(send(red, "/discovery/nmap", content, XML))


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("/discovery/nmap", ENTITIES["file"] + "<nmaprun>&e;</nmaprun>", XML),
        ("/devices/import", "- !!python/object/apply:os.getpid []\n", YAML),
        ("/devices/import", "- &a {name: x}\n- *a\n", YAML),
        ("/tools/render", '{"template": "{{ \'\'.__class__ }}"}', "application/json"),
    ],
)
def test_hostile_document_is_a_security_event(red, server, path, content, kind):
    before = events_of(server)
    assert errors_of(send(red, path, content, kind))
    (event,) = [one for one in events_of(server)[len(before) :] if "hostile" in one]
    assert f"POST /api/v1{path}" in event


def events_of(server) -> list[str]:
    return [line for line in server.log.read_text().splitlines() if "refcmdb.security" in line]


def test_one_wrong_host_stops_the_whole_scan(red):
    address = new_address()
    assert errors_of(scan(red, host(address), host("nowhere")))
    assert red.get("/ip-addresses", address=f"{address}/32").json()["items"] == []
