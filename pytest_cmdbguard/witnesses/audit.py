"""The audit witness: which tokens reached processes, files, sockets, compilers and pickles.

It reads what ``audit_hook`` writes inside the target's CPython processes. A target that we did not
start, or that is no CPython program, has no hook: then :attr:`AuditWitness.sees` is False.
"""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HELLO = "cmdbguard.watching"
# Event to the kind of sink that it tells of.
SINKS = {
    "subprocess.Popen": "process",
    "os.system": "process",
    "os.exec": "process",
    "os.posix_spawn": "process",
    "os.spawn": "process",
    "pty.spawn": "process",
    "socket.connect": "socket",
    "socket.getaddrinfo": "socket",
    "socket.gethostbyname": "socket",
    "urllib.Request": "socket",
    "http.client.connect": "socket",
    "http.client.send": "socket",
    "smtplib.connect": "socket",
    "ftplib.connect": "socket",
    "compile": "code",
    "exec": "code",
    "import": "import",
    "pickle.find_class": "pickle",
}
FILE = "file"
ENGINES = ("/jinja2/", "/mako/", "/chameleon/", "/django/template/", "/tornado/template")
_WRITING = 0o1 | 0o2 | 0o100  # O_WRONLY, O_RDWR, O_CREAT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One audit event with a token in its arguments.

    ``arguments`` are texts, numbers and lists of them; ``frames`` are ``file:line:function``,
    innermost first.
    """

    name: str
    arguments: tuple[object, ...]
    frames: tuple[str, ...]
    pid: int

    @property
    def sink(self) -> str:
        """``process``, ``socket``, ``code``, ``template``, ``import``, ``pickle``, ``file``."""
        sink = SINKS.get(self.name, FILE)
        if sink == "code" and self.within(*ENGINES):
            return "template"
        return sink

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts among the arguments, in their order."""
        return tuple(_texts(self.arguments))

    @property
    def command(self) -> list[str]:
        """The argument list of a process; what goes through a shell is ``sh -c TEXT``."""
        if self.name in {"os.system", "pty.spawn"} and isinstance(self.arguments[0], str):
            return ["sh", "-c", self.arguments[0]]
        last = self.arguments[-1]
        return [str(word) for word in last] if isinstance(last, list) else [str(last)]

    @property
    def writes(self) -> bool:
        """Whether a file is made or changed."""
        if self.name != "open":
            return self.name not in {"os.listdir", "os.scandir", "glob.glob"}
        _, mode, flags = (*self.arguments, "", 0, 0)[:3]
        wanted = isinstance(mode, str) and bool(set(mode) & set("wxa+"))
        return wanted or (isinstance(flags, int) and bool(flags & _WRITING))

    @property
    def place(self) -> str:
        """The innermost frame of the application's own code, as ``file:line:function``."""
        own = (f for f in self.frames if "/lib/python" not in f and not f.startswith("<"))
        return next(own, self.frames[0] if self.frames else "")

    def within(self, *parts: str) -> bool:
        """Whether a frame's file has one of the parts in its path."""
        return any(part in frame for frame in self.frames for part in parts)

    def holds(self, token: str) -> bool:
        """Whether a text has the token, in any case."""
        return any(token in text.lower() for text in self.texts)


class AuditWitness:
    """Reads the lines of one instance's audit hook.

    Args:
        path: of the hook's file; None where nothing was laid.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @property
    def sees(self) -> bool:
        """Whether a process of the target loaded the hook."""
        return bool(self._path and self._path.is_file() and self._path.stat().st_size)

    def mark(self) -> int:
        """The end of what was told so far, as bytes."""
        return self._path.stat().st_size if self._path and self._path.is_file() else 0

    def since(self, mark: int) -> list[Event]:
        """Events after the mark.

        A hook writes before its call returns: when a response is there, all events of the work
        that was done for it are, too.
        """
        if not self._path or not self._path.is_file():
            return []
        with self._path.open("rb") as lines:
            lines.seek(mark)
            read = lines.read()
        return [event for line in read.splitlines() for event in _event(line)]


def _event(line: bytes) -> Iterator[Event]:
    try:
        pid, name, arguments, frames = ast.literal_eval(line.decode("utf-8", "replace"))
    except (SyntaxError, ValueError):  # a process was killed while it wrote
        return
    if name != HELLO:
        yield Event(name=name, arguments=tuple(arguments), frames=tuple(frames), pid=pid)


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)
