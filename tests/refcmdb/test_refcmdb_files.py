"""Attachments, archives and reports, on a real server."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

TEXT = b"rack 1: two units free\n"


def upload(client, device: int, name: str = "plan.txt", *, content=TEXT, kind="text/plain"):
    file = {"file": (name, content, kind)}
    return client("POST", f"/devices/{device}/attachments", files=file)


def unpack(client, device: int, archive: bytes):
    path = f"/devices/{device}/attachments/archive"
    return client("POST", path, data=archive, headers={"Content-Type": "application/zip"})


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def device(red, device_body) -> int:
    return red.post("/devices", device_body()).json()["id"]


def files_of(server_storage) -> list[str]:
    return [str(path) for path in server_storage.rglob("*") if path.is_file()]


def test_attachment_comes_back_as_it_was_and_as_a_download(red, viewer, device):
    made = upload(red, device, "plan “A”.txt")
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    answer = viewer.get(f"/attachments/{number}/content")
    assert answer.content == TEXT
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''plan%20")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (listed,) = viewer.get("/attachments", device_id=device).json()["items"]
    assert (listed["name"], listed["size_bytes"]) == ("plan “A”.txt", len(TEXT))


def test_deleted_attachment_leaves_no_file(red, device, storage):
    number = upload(red, device).json()["id"]
    before = len(files_of(storage))
    assert red.delete(f"/attachments/{number}").status_code == 204
    assert red.get(f"/attachments/{number}/content").status_code == 404
    assert len(files_of(storage)) == before - 1


def test_attachments_of_another_tenant_do_not_exist(red, blue, device):
    number = upload(red, device).json()["id"]
    assert upload(blue, device).status_code == 404
    assert blue.get(f"/attachments/{number}").status_code == 404
    assert blue.get(f"/attachments/{number}/content").status_code == 404
    assert blue.delete(f"/attachments/{number}").status_code == 404


def test_viewers_do_not_upload(viewer, device):
    assert upload(viewer, device).status_code == 403


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.txt", "x.txt"),
        (".bashrc", "bashrc"),
        ("..", "attachment"),
        ("a\x01b.txt", "ab.txt"),
        ("x" * 300, "x" * 150),
    ],
)
def test_name_of_a_file_is_only_a_name(name, kept, red, device):
    made = upload(red, device, name)
    assert made.status_code == 201, made.text
    assert made.json()["name"] == kept


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html", b"<script>1</script>"),
        ("image/svg+xml", b"<svg/>"),
        ("image/png", b"<script>1</script>"),
        ("text/plain", b"\xff\xfe\x00"),
        ("", b"x"),
        ("text/plain", b"x" * (2 * 1024 * 1024 + 1)),
    ],
)
def test_content_that_is_not_allowed_is_refused_and_not_kept(kind, content, red, device, storage):
    before = len(files_of(storage))
    assert upload(red, device, content=content, kind=kind).status_code == 422
    assert len(files_of(storage)) == before


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (415, {"json": {}}),
        (400, {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
        (400, {"data": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}),
        (422, {"files": {"other": ("x.txt", b"x", "text/plain")}}),
        (413, {"files": {"file": ("x.txt", b"x" * 3 * 1024 * 1024, "text/plain")}}),
    ],
)
def test_malformed_uploads_are_told(status, options, red, device):
    answer = red("POST", f"/devices/{device}/attachments", **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_archive_becomes_attachments(red, device):
    packed = zipped(("site/", b""), ("site/plan.txt", TEXT), ("list.csv", b"a,b\n"))
    made = unpack(red, device, packed)
    assert made.status_code == 201, made.text
    assert [item["name"] for item in made.json()["items"]] == ["plan.txt", "list.csv"]


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "archive",
    [
        b"PK\x03\x04 no archive",
        b"",
        zipped(),
        zipped(("../out.txt", TEXT)),
        zipped(("a/../../out.txt", TEXT)),
        zipped(("/tmp/out.txt", TEXT)),
        zipped(("..\\out.txt", TEXT)),
        zipped(("C:/out.txt", TEXT)),
        zipped((link("x.txt"), b"/etc/passwd")),
        zipped(("good.txt", TEXT), ("page.html", b"<p>")),
        zipped(("bomb.txt", b"0" * 1024 * 1024)),
        zipped(*((f"{number}.txt", TEXT) for number in range(51))),
    ],
)
def test_archive_with_anything_wrong_leaves_nothing(archive, red, device, storage):
    before = files_of(storage)
    assert unpack(red, device, archive).status_code == 422
    assert files_of(storage) == before
    assert red.get("/attachments", device_id=device).json()["items"] == []


def test_report_counts_what_the_actor_may_see(admin, red):
    (report,) = [r for r in red.get("/reports").json()["items"] if r["name"] == "sites.csv"]
    own, all_ = (client.get(f"/reports/{report['name']}") for client in (red, admin))
    assert own.headers["Content-Type"].startswith("text/csv")
    assert own.headers["Content-Disposition"] == 'attachment; filename="sites.csv"'
    assert own.text.splitlines()[0] == "status,count"
    assert int(own.text.splitlines()[1].split(",")[1]) < int(
        all_.text.splitlines()[1].split(",")[1]
    )


@pytest.mark.parametrize(
    "name", ["nothing.csv", "..%2Fall%2Fsites.csv", "%2Fetc%2Fpasswd", "sites.csv%00", ".."]
)
def test_other_reports_do_not_exist(name, red):
    assert red.get(f"/reports/{name}").status_code == 404


def test_file_is_fetched_from_an_allowed_address_only(red, device, receiver):
    receiver.answer(200, b"a,b\n", "text/csv")
    made = red.post(f"/devices/{device}/attachments/fetch", {"url": f"{receiver.url}/x/list.csv"})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "list.csv"
    elsewhere = receiver.url.replace("127.0.0.2", "127.0.0.1")
    refused = red.post(f"/devices/{device}/attachments/fetch", {"url": elsewhere})
    assert refused.status_code == 422
    assert "not allowed" in refused.text
    assert len(receiver.requests) == 1


def test_redirect_is_not_followed(red, device, receiver):
    receiver.answer(302, b"", "text/plain", Location="http://127.0.0.1:1/")
    made = red.post(f"/devices/{device}/attachments/fetch", {"url": f"{receiver.url}/x"})
    assert made.status_code == 422
    assert len(receiver.requests) == 1
