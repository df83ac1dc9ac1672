"""Tells which tokens reach processes, files, sockets, compilers and pickles (PEP 578).

Runs inside the target: standard library only, no import that ``site`` has not made already, silent
when anything is missing. The environment variable ``CMDBGUARD_AUDIT`` names the file that gets one
line per event: ``repr((pid, event, arguments, frames))``. Events without the letters of a token
are dropped at once. A ``sitecustomize`` that was there before runs as if this one were not.
"""

from __future__ import annotations

# No typing and no pathlib: they cost a small program more time than the hook itself.
import _frozen_importlib_external as _machinery
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType

PREFIX = "zq"
LONGEST = 65536
DEEPEST = 40
# Event to the positions of the arguments that matter.
WATCHED = {
    "subprocess.Popen": (0, 1),
    "os.system": (0,),
    "os.exec": (0, 1),
    "os.posix_spawn": (0, 1),
    "os.spawn": (1, 2),
    "pty.spawn": (0,),
    "open": (0, 1, 2),
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.symlink": (0, 1),
    "os.link": (0, 1),
    "os.listdir": (0,),
    "os.scandir": (0,),
    "os.chmod": (0,),
    "os.truncate": (0,),
    "shutil.copyfile": (0, 1),
    "shutil.copytree": (0, 1),
    "shutil.move": (0, 1),
    "shutil.rmtree": (0,),
    "shutil.unpack_archive": (0, 1),
    "glob.glob": (0,),
    "sqlite3.connect": (0,),
    "ctypes.dlopen": (0,),
    "socket.connect": (1,),
    "socket.getaddrinfo": (0, 1),
    "socket.gethostbyname": (0,),
    "urllib.Request": (0,),
    "http.client.connect": (1, 2),
    "http.client.send": (1,),
    "smtplib.connect": (1, 2),
    "ftplib.connect": (1, 2),
    "compile": (0, 1),
    "exec": (0,),
    "import": (0,),
    "pickle.find_class": (0, 1),
}
# What asyncio does below these functions may be written in C (uvloop), where no event is raised.
_COROUTINES = (
    ("asyncio.subprocess", "create_subprocess_exec", "subprocess.Popen"),
    ("asyncio.subprocess", "create_subprocess_shell", "os.system"),
    ("asyncio.streams", "open_connection", "socket.getaddrinfo"),
)
_TOOL = 4  # of sys.monitoring; the others are for debuggers, coverage and profilers

_Code = type((lambda: None).__code__)
_file = os.environ.get("CMDBGUARD_AUDIT", "")
_waiting = list(_COROUTINES)
_armed: dict[CodeType, str] = {}


def _plain(value: object) -> object:
    """An argument as built-in types; what is unknown is left out."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:LONGEST]).decode("utf-8", "backslashreplace")
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value[:100]]
    if isinstance(value, os.PathLike):
        return _plain(value.__fspath__())
    if isinstance(value, _Code):
        return [] if value.co_filename.endswith(".py") else [value.co_filename, *_names(value)]
    return value if isinstance(value, int) else ""


def _names(code: CodeType) -> list[str]:
    """What a code object and those inside it call by name: its constants are data."""
    found = [*code.co_names, *code.co_varnames]
    for constant in code.co_consts:
        if isinstance(constant, _Code):
            found += _names(constant)
    return found


def _tell(event: str, arguments: list[object], frame: FrameType | None) -> None:
    line = repr(arguments)
    if PREFIX not in line.lower():
        return
    frames: list[str] = []
    while frame is not None and len(frames) < DEEPEST:
        code = frame.f_code
        frames.append(f"{code.co_filename}:{frame.f_lineno}:{code.co_name}")
        frame = frame.f_back
    _write((os.getpid(), event, arguments, frames))


def _write(record: tuple[object, ...]) -> None:
    try:
        target = os.open(_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(target, repr(record).encode("utf-8", "backslashreplace") + b"\n")
        finally:
            os.close(target)
    except OSError:
        return  # the run is over, or the process has given its rights away


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    kept = WATCHED.get(event)
    if kept is None:
        return
    if event == "import" and _waiting:
        _arm()
    caller = sys._getframe().f_back
    if caller is not None and caller.f_code is _write.__code__:
        return  # our own file, whose directory may look like a token
    plain = [_plain(arguments[n]) for n in kept if n < len(arguments)]
    _tell(event, plain, caller)


def _arm() -> None:
    """Watch asyncio's own functions as soon as they are there (Python 3.12)."""
    for entry in list(_waiting):
        module, name, event = entry
        code = getattr(getattr(sys.modules.get(module), name, None), "__code__", None)
        if code is not None:
            _waiting.remove(entry)
            _armed[code] = event
            sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.PY_START)


def _started(code: CodeType, _offset: int) -> None:
    frame = sys._getframe().f_back
    values = frame.f_locals if frame else {}
    event = _armed.get(code, "")
    if event == "subprocess.Popen":
        command = _plain([values.get("program"), *values.get("args", ())])
        _tell(event, [command], frame)
    elif event == "os.system":
        _tell(event, [_plain(values.get("cmd"))], frame)
    else:
        _tell(event, [_plain(values.get("host")), _plain(values.get("port"))], frame)


def _monitor() -> None:
    try:
        sys.monitoring.use_tool_id(_TOOL, "cmdbguard")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.PY_START, _started)
    except (AttributeError, ValueError):  # an older Python, or somebody else has the tool
        _waiting.clear()


def _chain() -> None:
    """Run the sitecustomize that this one hides."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [place for place in sys.path if os.path.abspath(place) != here]
    spec = _machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        hidden = type(sys)("sitecustomize")
        hidden.__spec__, hidden.__file__ = spec, spec.origin
        spec.loader.exec_module(hidden)


if _file:
    _monitor()
    _write((os.getpid(), "cmdbguard.watching", [sys.version.split()[0]], []))
    sys.addaudithook(_hook)
_chain()
