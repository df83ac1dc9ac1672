"""What the checks of files and of outgoing requests would see: True is a violation."""

from __future__ import annotations

import io
import stat
import urllib.parse
import zipfile

from receiving import Receiver
from seeing import new_device, token

MANY_BYTES = 5 * 1024 * 1024


def sentinel(server):
    """A file with a secret beside the storage directory."""
    path = server.storage.parent / f"{token()}.csv"
    path.write_text(token())
    return path


def shows(server, name: str, secret: str) -> bool:
    return secret in server.as_("viewer-red").get(f"/reports/{name}").text


def quoted(path: object) -> str:
    return urllib.parse.quote(str(path), safe="")


def relative_report_is_outside(server) -> bool:
    path = sentinel(server)
    return shows(server, quoted(f"../../../{path.name}"), path.read_text())


def absolute_report_is_outside(server) -> bool:
    path = sentinel(server)
    return shows(server, quoted(path), path.read_text())


def twice_encoded_report_is_outside(server) -> bool:
    path = sentinel(server)
    name = f"../../../{path.name}".replace(".", "%2e").replace("/", "%2f")
    return shows(server, quoted(name), path.read_text())


def upload(server, name: str, content: bytes, kind: str):
    device = new_device(server)["id"]
    file = {"file": (name, content, kind)}
    return server.as_("operator-red")("POST", f"/devices/{device}/attachments", files=file)


def file_lies_where_its_name_says(server) -> bool:
    name = f"{token()}.txt"
    upload(server, f"../../../{name}", b"x", "text/plain")
    return (server.storage.parent / name).is_file()


def page_is_shown(server) -> bool:
    made = upload(server, "page.html", b"<script>1</script>", "text/html")
    if made.status_code != 201:
        return False
    path = f"/attachments/{made.json()['id']}/content"
    headers = server.as_("viewer-red").get(path).headers
    disposition = headers.get("Content-Disposition", "inline")
    return headers["Content-Type"].startswith("text/html") and disposition.startswith("inline")


def large_file_is_taken(server) -> bool:
    return upload(server, "a.txt", b"x" * MANY_BYTES, "text/plain").status_code == 201


def unpacked(server, *members: tuple[str | zipfile.ZipInfo, str]):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    path = f"/devices/{new_device(server)['id']}/attachments/archive"
    headers = {"Content-Type": "application/zip"}
    client = server.as_("operator-red")
    made = client("POST", path, data=packed.getvalue(), headers=headers)
    items = made.json().get("items", [])
    return [client.get(f"/attachments/{item['id']}/content").text for item in items]


def member_lies_outside(server) -> bool:
    path = server.storage.parent / f"{token()}.txt"
    unpacked(server, (f"{'../' * 12}{str(path).lstrip('/')}", "x"))
    unpacked(server, (str(path), "x"))
    return path.is_file()


def link_is_followed(server) -> bool:
    path = sentinel(server)
    info = zipfile.ZipInfo("plan.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return path.read_text() in unpacked(server, (info, str(path)))


def is_asked(server, method: str, path: str, make_body, *, host: str = "127.0.0.1") -> bool:
    """Whether a server on the loopback interface gets a request."""
    with Receiver.running("127.0.0.1") as receiver:
        url = f"{receiver.url}/{token()}".replace("127.0.0.1", host)
        server.as_("operator-red")(method, path, json=make_body(url))
        return bool(receiver.requests)


def loopback_is_fetched(server) -> bool:
    path = f"/devices/{new_device(server)['id']}/attachments/fetch"
    return is_asked(server, "POST", path, lambda url: {"url": url})


def other_spelling_is_fetched(server) -> bool:
    """Only that: who fetches from any spelling is seen by the probe above."""
    if loopback_is_fetched(server):
        return False
    path = f"/devices/{new_device(server)['id']}/attachments/fetch"
    return is_asked(server, "POST", path, lambda url: {"url": url}, host="127.1")


def webhook_is_asked(server) -> bool:
    body = {"name": token(), "secret": token() * 2, "enabled": False}
    return is_asked(server, "POST", "/webhooks", lambda url: {**body, "url": url})


def is_led_on(server, method: str, path: str, make_body) -> bool:
    """Whether a receiver that may be asked leads to one that may not."""
    with Receiver.running("127.0.0.1") as inside, Receiver.running("127.0.0.2") as partner:
        partner.answer(307, Location=f"{inside.url}/inside")
        answer = server.as_("operator-red")(method, path, json=make_body(partner.url))
        if path == "/webhooks":
            server.as_("operator-red").post(f"/webhooks/{answer.json()['id']}/test", {})
        assert partner.requests
        return bool(inside.requests)


def fetch_is_led_on(server) -> bool:
    path = f"/devices/{new_device(server)['id']}/attachments/fetch"
    return is_led_on(server, "POST", path, lambda url: {"url": url})


def delivery_is_led_on(server) -> bool:
    body = {"name": token(), "secret": token() * 2, "enabled": False}
    return is_led_on(server, "POST", "/webhooks", lambda url: {**body, "url": url})


PROBES = {
    "CG-PATH-001": {
        "path-report-joined": relative_report_is_outside,
        "path-report-absolute": absolute_report_is_outside,
        "path-report-decoded-twice": twice_encoded_report_is_outside,
    },
    "CG-UPL-001": {
        "upload-name-is-path": file_lies_where_its_name_says,
        "upload-shown-inline": page_is_shown,
        "upload-size-unlimited": large_file_is_taken,
    },
    "CG-UPL-002": {
        "zip-members-joined": member_lies_outside,
        "zip-links-followed": link_is_followed,
    },
    "CG-SSRF-001": {
        "ssrf-fetch-unchecked": loopback_is_fetched,
        "ssrf-fetch-by-spelling": other_spelling_is_fetched,
        "ssrf-webhook-asked": webhook_is_asked,
    },
    "CG-SSRF-002": {
        "ssrf-fetch-led-on": fetch_is_led_on,
        "ssrf-webhook-led-on": delivery_is_led_on,
    },
}
