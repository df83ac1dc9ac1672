"""Starting ZAP, in whichever way this machine allows."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceMissing, SettingsError

from . import java, zap_distribution
from .loopback import require_loopback
from .ports import on_free_port
from .process import Command, Process
from .zap import NAME, Zap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .run_directory import RunDirectory

START_WITHIN_S = 90.0
# a proxy that lives for minutes: the quick compiler alone starts it sooner and is fast enough
JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class ZapDaemon:
    """A ZAP of the run's own."""

    def __init__(self, run: RunDirectory, *, table: Mapping[str, object]) -> None:
        """Prepare nothing yet.

        Args:
            run: where its home directory and its log go.
            table: ``[services.zap]`` of ``cmdbguard.toml``; ``path`` names a ``zap.sh``,
                ``addons`` a directory with more add-ons (``*.zap``), rules for instance.
        """
        self.run = run
        self.name = NAME
        self.version = ""
        self.log: Path | None = run.logs / "zap.log"
        self._table = table
        self._process: Process | None = None

    def start(self) -> Zap:
        """Find or fetch ZAP, start it and wait for its API.

        Raises: ServiceMissing, ServiceNotReady, SettingsError.
        """
        argv = self._argv()
        home = self.run.path / "zap"
        home.mkdir(exist_ok=True)
        self._lay_add_ons(home / "plugin")
        key = secrets.token_hex(16)
        properties = self.run.path / "zap.properties"  # the key is not for the process list
        properties.write_text(configuration(key))
        options = ["-daemon", "-silent", "-dir", str(home), "-configfile", str(properties)]
        zap = on_free_port(lambda port: self._start([*argv, *options], port, key))
        self.version = zap.version
        return zap

    def stop(self) -> None:
        """End it at once; what it recorded goes with the run's directory."""
        process, self._process = self._process, None
        if process:
            process.stop()

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self._process:
            self._process.require_alive()

    def _argv(self) -> list[str]:
        """The command without ZAP's options: an installed ZAP, else the assembled one."""
        if script := self._script():
            return [str(script), JAVA_OPTIONS[0]]
        runtime = java.find()
        distribution = zap_distribution.obtain()
        return [
            *distribution.command(str(runtime), JAVA_OPTIONS),
            "-installdir",
            str(distribution.home),
        ]

    def _script(self) -> Path | None:
        told = self._table.get("path")
        if told is None:
            found = shutil.which("zap.sh")
            return Path(found) if found else None
        path = Path(str(told))
        if not os.access(path, os.X_OK) or path.is_dir():
            raise SettingsError(
                "services.zap.path",
                str(told),
                source="cmdbguard.toml",
                remedy="name an executable zap.sh",
            )
        return path

    def _lay_add_ons(self, plugins: Path) -> None:
        """Where ZAP looks for add-ons beside those of its installation."""
        told = self._table.get("addons")
        if told is None:
            return
        found = sorted(Path(str(told)).expanduser().glob("*.zap"))
        if not found:
            raise SettingsError(
                "services.zap.addons",
                str(told),
                source="cmdbguard.toml",
                remedy="name a directory with add-ons (*.zap)",
            )
        plugins.mkdir(exist_ok=True)
        for path in found:
            shutil.copyfile(path, plugins / path.name)

    def _start(self, argv: list[str], port: int, key: str) -> Zap:
        address = ["-host", "127.0.0.1", "-port", str(port)]
        command = Command(name="zap", argv=[*argv, *address], stop_signal=signal.SIGKILL)
        self._process = Process(self.run, command)
        url = f"http://127.0.0.1:{port}"
        return self._process.wait_ready(lambda: answer(url, key), timeout_s=START_WITHIN_S)


def configuration(key: str) -> str:
    """What a ZAP of the run's own is told in a file."""
    return f"api.key={key}\ndatabase.recoverylog=false\n"


def external(url: str, *, table: Mapping[str, object]) -> Zap:
    """A ZAP that somebody else runs on this machine.

    Its key is in CMDBGUARD_ZAP_KEY, or ``key`` of ``[services.zap]``.
    Raises: SettingsError for another machine: what is 127.0.0.1 there is not our target.
        ServiceMissing when it does not answer.
    """
    require_loopback(url, key="--cmdbguard-zap", source="settings")
    key = os.environ.get("CMDBGUARD_ZAP_KEY") or str(table.get("key", ""))
    try:
        return Zap.at(url.rstrip("/"), key)
    except ServiceError as error:
        raise ServiceMissing(
            NAME,
            f"{url} cannot be used ({error})",
            remedy="start it there, and put its API key into CMDBGUARD_ZAP_KEY",
        ) from None


def answer(url: str, key: str) -> Zap | None:
    """None until its API answers; a ZAP that is half up refuses calls, too.

    On a port that somebody else took, that one may keep the question without an answer.
    """
    try:
        return Zap.at(url, key, timeout_s=1)
    except (ServiceDied, ServiceError):
        return None
