"""Do documents and serialised values make the target do more than read them?"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.probes.bodies import as_bytes
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.schemas import is_file, media_of_file
from pytest_cmdbguard.probes.sink_payloads import SinkProbe
from pytest_cmdbguard.witnesses.audit import FILE
from pytest_cmdbguard.witnesses.tripwire import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Operation, Parameter
    from pytest_cmdbguard.witnesses.audit import Event

_XML = re.compile(r"\b(?:xml|svg)\b", re.IGNORECASE)
_YAML = re.compile(r"\byaml\b", re.IGNORECASE)
_PICKLED = re.compile(r"octet-stream|pickle|python", re.IGNORECASE)
# Names of values that programs hand out and take back, in a form of their own.
_OPAQUE = re.compile(
    r"cursor|token|state|session|blob|payload|object|pickle|continu|base64", re.IGNORECASE
)
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)([^<>]*?)(/?)>")
_LEAF = re.compile(r">([^<>]*[^<>\s][^<>]*)</")


def takes_xml(operation: Operation) -> bool:
    """Whether an operation takes XML documents."""
    return any(_XML.search(media_of(point)) for point in injection_points(operation))


def takes_serialised(operation: Operation) -> bool:
    """Whether an operation takes YAML, or values of a form that only programs read."""
    return any(_is_serialised(point) for point in injection_points(operation))


def media_of(point: Parameter) -> str:
    """The media type of a whole document or of a file, else nothing."""
    if point.location == "content":
        return point.name
    is_upload = point.location == "multipart" and is_file(point.schema)
    return media_of_file(point.schema) if is_upload else ""


def with_entities(document: str, declarations: str, reference: str, *, system: str = "") -> str:
    """An XML document with a document type, and a reference in its first texts.

    Args:
        document: valid; a document type that it has goes.
        declarations: the internal subset.
        reference: what to write (``&name;``), or nothing.
        system: the external subset's address, or nothing.
    """
    document = re.sub(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\])?\s*>", "", document)
    found = _ROOT.search(document)
    if not found:
        return document
    name, attributes, is_empty = found.groups()
    external = f' SYSTEM "{system}"' if system else ""
    root = f"<{name}{attributes}>{reference}" + (f"</{name}>" if is_empty else "")
    rest = _LEAF.sub(lambda leaf: f">{reference}{leaf[1]}</", document[found.end() :], count=1)
    doctype = f"<!DOCTYPE {name}{external} [{declarations}]>"
    return document[: found.start()] + doctype + root + rest


def _entity_probes(means: Means, place: Place) -> Iterator[SinkProbe]:
    values = means.surroundings.values(place.operation, place.point)
    known = values.get((place.point.location, place.point.name), "<probe>probe</probe>")
    document = as_bytes(known).decode("utf-8", "replace")
    token = fresh_token()
    path = means.files.plant(token)
    if path:
        declared = f'<!ENTITY e SYSTEM "file://{path}">'
        text = with_entities(document, declared, "&e;")
        yield SinkProbe(family="file", text=text, tokens=(token,))
    for family, declared, reference in (
        ("address", '<!ENTITY e SYSTEM "{url}">', "&e;"),
        ("parameter", '<!ENTITY % p SYSTEM "{url}"> %p;', ""),
    ):
        token = fresh_token()
        address = declared.format(url=means.listener.url(token))
        text = with_entities(document, address, reference)
        yield SinkProbe(family=family, text=text, tokens=(token,))
    token = fresh_token()
    text = with_entities(document, "", "", system=means.listener.url(token))
    yield SinkProbe(family="document type", text=text, tokens=(token,))


def _judge_entity(means: Means, tried: Tried) -> Proof | None:
    token = tried.probe.tokens[0]
    if secret := means.files.shown(token, list(tried.answers)):
        text = f"the answer has {secret}, which stands only in the file that an entity named"
        return Proof(text=text, severity=Severity.CRITICAL)
    if hits := means.listener.hits(token):
        text = f"the parser connected to 127.0.0.1:{means.listener.port} and asked: {hits[0]}"
        return Proof(text=text, severity=Severity.CRITICAL)
    for event in tried.events:
        if event.name in {"open", "urllib.Request", "http.client.connect"}:
            shown = " ".join(event.texts)
            text = f"the parser opened what an entity named: {shown}\n{event.place}"
            return Proof(text=text, severity=Severity.HIGH)
    return None


def _is_serialised(point: Parameter) -> bool:
    media = media_of(point)
    if media:
        return bool(_YAML.search(media) or _PICKLED.search(media))
    if point.location in {"path", "header"} or not takes_text(point):
        return False
    encoded = point.schema.get("format") == "byte" or "contentEncoding" in point.schema
    return encoded or bool(_OPAQUE.search(point.name.rpartition("/")[2]))


def _gadgets(_means: Means, place: Place) -> Iterator[SinkProbe]:
    media = media_of(place.point)
    make = _tagged if _YAML.search(media) else _pickled if media else _encoded
    for family in ("name", "call"):
        yield make(family)


def _tagged(family: str) -> SinkProbe:
    """YAML whose tags name Python objects."""
    c, d = fresh_token(), fresh_token()
    texts = {
        "name": f"!!python/name:{c}.{d} ''\n",
        "call": f'!!python/object/apply:os.system ["{PROGRAM} {d}"]\n',
    }
    tokens = (c, d) if family == "name" else (d,)
    return SinkProbe(family=family, text=texts[family], tokens=tokens)


def _pickled(family: str) -> SinkProbe:
    """A pickle (protocol 0) that looks a class up, or calls the tripwire."""
    c, d = fresh_token(), fresh_token()
    if family == "name":
        return SinkProbe(family=family, text=f"c{c}\n{d}\n.".encode(), tokens=(c, d))
    raw = f"cos\nsystem\n(S'{PROGRAM} {d}'\ntR.".encode()
    return SinkProbe(family=family, text=raw, tokens=(d,))


def _encoded(family: str) -> SinkProbe:
    """The same in base64 that needs no padding and reads alike in the URL-safe alphabet."""
    while True:
        probe = _pickled(family)
        raw = as_bytes(probe.text)
        text = base64.b64encode(raw + b"\n" * (-len(raw) % 3)).decode()
        if not set(text) & set("+/="):
            return SinkProbe(family=family, text=text, tokens=probe.tokens)


def _judge_gadget(means: Means, tried: Tried) -> Proof | None:
    if calls := means.tripwire.calls(tried.probe.tokens[-1]):
        text = f"reading the value ran a command: {PROGRAM} {calls[0]}"
        return Proof(text=text, severity=Severity.CRITICAL)
    for event in tried.events:
        if event.name in {"pickle.find_class", "import"}:
            text = f"reading the value looked up {event.texts} ({event.name})\n{event.place}"
            return Proof(text=text, severity=Severity.HIGH)
    return None


def _is_read(place: Place, events: Sequence[Event]) -> bool:
    """A document that is taken as a whole is parsed."""
    seen = any(event.sink in {FILE, "pickle", "import"} for event in events)
    return seen or bool(media_of(place.point))


ENTITIES = Kind(
    matters=lambda _means, place: bool(_XML.search(media_of(place.point))),
    probes=_entity_probes,
    judge=_judge_entity,
    meets=_is_read,
    follows=True,
)
SERIALISED = Kind(
    matters=lambda _means, place: _is_serialised(place.point),
    probes=_gadgets,
    judge=_judge_gadget,
    meets=_is_read,
)
