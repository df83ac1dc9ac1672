"""Do uploaded files stay what they are: data, in their place, of a bearable size?"""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.campaigns.paths import UP, outside
from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.bodies import as_bytes
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import FILENAME, TYPE, injection_points, place
from pytest_cmdbguard.probes.schemas import is_file, media_of_file
from pytest_cmdbguard.probes.sink_payloads import SinkProbe
from pytest_cmdbguard.witnesses.audit import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.audit import Event

LARGE_BYTES = 20 * 1024 * 1024
# What browsers run scripts of when they show it.
ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml")
_PAGE = "<!doctype html><title>{token}</title><script>window.{token}=1</script>"
_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><script>window.{token}=1</script></svg>'


def takes_files(operation: Operation) -> bool:
    """Whether an operation takes a file in a form."""
    return any(_is_upload(point) for point in injection_points(operation))


def takes_archives(operation: Operation) -> bool:
    """Whether an operation takes ZIP archives."""
    return any(_is_archive(point) for point in injection_points(operation))


def _is_upload(point: Parameter) -> bool:
    return point.location == "multipart" and is_file(point.schema)


def _is_archive(point: Parameter) -> bool:
    if point.location == "content":
        return "zip" in point.name
    named = "archive" in point.name.lower() or "zip" in media_of_file(point.schema)
    return _is_upload(point) and named


def _file_probes(means: Means, place: Place) -> Iterator[SinkProbe]:
    name = place.point.name
    content = means.surroundings.values(place.operation, place.point).get(("multipart", name), "")
    for where in (f"{UP}{means.files.drop[1:]}", means.files.drop):
        token = fresh_token()
        beside = {("multipart", name + FILENAME): f"{where}/{token}.txt"}
        yield SinkProbe(family="name", text=content, tokens=(token,), beside=beside)
    for form, ending, media in ((_PAGE, "html", ACTIVE[0]), (_PICTURE, "svg", ACTIVE[1])):
        token = fresh_token()
        beside = {
            ("multipart", name + FILENAME): f"{token}.{ending}",
            ("multipart", name + TYPE): media,
        }
        text = form.format(token=token)
        yield SinkProbe(family=ending, text=text, tokens=(token,), beside=beside)
    token = fresh_token()
    beside = {("multipart", name + FILENAME): f"{token}.html"}
    text = _PAGE.format(token=token)
    yield SinkProbe(family="page as data", text=text, tokens=(token,), beside=beside)


def _judge_file(means: Means, tried: Tried) -> Proof | None:
    token = tried.probe.tokens[0]
    if dropped := means.files.dropped(token):
        text = f"the upload made the file {dropped[0]}, outside of everything the target stores"
        return Proof(text=text, severity=Severity.CRITICAL)
    for event in tried.events:
        if (path := outside(event, token, files=means.files)) and event.writes:
            text = f"the upload was written to {path} ({event.name})\n{event.place}"
            return Proof(text=text, severity=Severity.CRITICAL)
    shown = (answer for answer in tried.answers[1:] if _runs(answer, tried.probe))
    return next(map(_shown_inline, shown), None)


def _runs(answer: Exchange, probe: SinkProbe) -> bool:
    """Whether a browser that opens the answer treats our script as one."""
    if not (200 <= answer.status < 300 and as_bytes(probe.text) in answer.body):
        return False
    told = answer.headers
    media = told.get("content-type", "").partition(";")[0].strip().lower()
    sniffed = media in {"", "application/octet-stream", "unknown/unknown", "*/*"}
    active = media in ACTIVE or (
        sniffed and "nosniff" not in told.get("x-content-type-options", "")
    )
    is_download = told.get("content-disposition", "").lower().startswith("attachment")
    return active and not is_download and "script>" in str(probe.text)


def _shown_inline(answer: Exchange) -> Proof:
    policy = answer.headers.get("content-security-policy", "")
    blocked = "script-src 'none'" in policy or "default-src 'none'" in policy
    media = answer.headers.get("content-type", "no type")
    text = f"{answer.method} {answer.url} shows the uploaded script in the window, as {media}"
    if blocked:
        text += "; only the Content-Security-Policy keeps it from running"
    return Proof(text=text, severity=Severity.MEDIUM if blocked else Severity.HIGH)


def oversized(api: Api, surroundings: Surroundings, operation: Operation) -> Iterator[Exchange]:
    """The answers to files of 20 MiB that were accepted, where no document allows as much."""
    for point in injection_points(operation):
        if not _is_upload(point) or point.schema.get("maxLength", 0) >= LARGE_BYTES:
            continue
        values = surroundings.values(operation, point)
        small = as_bytes(values.get((point.location, point.name), b""))
        try:
            answer = api.send(operation, place(values, point, small.ljust(LARGE_BYTES, b"\n")))
        except ServiceError:  # who refuses a body need not read it to its end
            continue
        if 200 <= answer.status < 300:
            yield answer


def _archive_probes(means: Means, place: Place) -> Iterator[SinkProbe]:
    drop = means.files.drop
    for family, name in {
        "climb": f"{UP}{drop[1:]}/{{token}}.txt",
        "absolute": f"{drop}/{{token}}.txt",
        "backslash": f"{UP}{drop[1:]}/{{token}}.txt".replace("../", "..\\"),
    }.items():
        token = fresh_token()
        yield _archive(place, family, token, {name.format(token=token): (token, False)})
    token = fresh_token()
    path = means.files.plant(token)
    yield _archive(place, "link", token, {f"{token}.txt": (path, True)})
    token = fresh_token()
    members = {"there": (drop, True), f"there/{token}.txt": (token, False)}
    yield _archive(place, "through a link", token, members)


def _archive(
    place: Place, family: str, token: str, members: dict[str, tuple[str, bool]]
) -> SinkProbe:
    """A ZIP file; a member is a content, or the target of a symbolic link."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, (content, is_link) in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = ((stat.S_IFLNK if is_link else stat.S_IFREG) | 0o644) << 16
            info.create_system = 3  # Unix: else the kind of file means nothing
            archive.writestr(info, content)
    beside: dict[tuple[str, str], Any] = {}
    if place.point.location == "multipart":
        beside["multipart", place.point.name + FILENAME] = f"{token}.zip"
        beside["multipart", place.point.name + TYPE] = "application/zip"
    return SinkProbe(family=family, text=file.getvalue(), tokens=(token,), beside=beside)


def _judge_archive(means: Means, tried: Tried) -> Proof | None:
    token = tried.probe.tokens[0]
    if dropped := means.files.dropped(token):
        text = f"unpacking made {dropped[0]}, outside of everything the target stores"
        return Proof(text=f"{text} ({tried.probe.family})", severity=Severity.CRITICAL)
    if secret := means.files.shown(token, list(tried.answers)):
        text = f"a link in the archive was followed: an answer has {secret}"
        return Proof(
            text=f"{text}, which stands only in a file outside", severity=Severity.CRITICAL
        )
    return None


def _met(place: Place, events: Sequence[Event]) -> bool:
    """An upload is a file wherever it goes; whether it was taken, the answer says."""
    return place.reached.accepted or any(event.sink == FILE for event in events)


UPLOADS = Kind(
    matters=lambda means, place: means.files.sees and _is_upload(place.point),
    probes=_file_probes,
    judge=_judge_file,
    meets=_met,
    follows=True,
)
ARCHIVES = Kind(
    matters=lambda means, place: means.files.sees and _is_archive(place.point),
    probes=_archive_probes,
    judge=_judge_archive,
    meets=_met,
    follows=True,
)
