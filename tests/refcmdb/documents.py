"""Devices as CSV and YAML, and what a server says of them."""

from __future__ import annotations

import csv
import io

CSV, YAML = "text/csv", "application/yaml"
SITE, KIND = "amer-00001", "AR-1001"


def send(client, path: str, content: str | bytes, kind: str, **options):
    raw = content if isinstance(content, bytes) else content.encode()
    return client("POST", path, data=raw, headers={"Content-Type": kind}, **options)


def bring(client, content: str | bytes, kind: str = CSV):
    return send(client, "/devices/import", content, kind)


def table(*rows: dict) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def row(unique, **fields) -> dict:
    return {"name": unique(), "serial": unique(), "site": SITE, "device_type": KIND} | fields


def brought_back(client, device: dict, kind: str) -> dict:
    """The device after an export, a delete and an import."""
    exported = client.get("/devices/export", format=kind, serial=device["serial"])
    assert client.delete(f"/devices/{device['id']}").status_code == 204
    answer = bring(client, exported.content, {"csv": CSV, "yaml": YAML}[kind])
    assert answer.status_code == 201, answer.text
    (item,) = answer.json()["items"]
    return item
