"""A ZAP put together from its published Maven artifacts, for machines without an installed one.

It has ZAP's core, its proxy and its API. The rules of the scanners are published only with
ZAP's installers and images, so such a ZAP is of level ``core``.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import shutil
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pytest_cmdbguard.errors import ServiceMissing

from . import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from jgo.maven import MavenContext

VERSION = "2.17.0"
LAYOUT = 1  # counts up when what is laid into the entry changes
CORE = f"org.zaproxy:zap:{VERSION}"
ADD_ONS = ("org.zaproxy.addon:network:0.25.0", "org.zaproxy.addon:commonlib:1.40.0")
# binds a logging interface that only the add-on has; on the class path it breaks the add-on
UNWANTED = "log4j-slf4j-impl"
MAIN_CLASS = "org.zaproxy.zap.ZAP"
# ZAP does not start without an add-on of this id; ours has no code, so it calls nobody
CALL_HOME = """\
<zapaddon>
  <name>Call Home</name>
  <version>0.0.1</version>
  <status>release</status>
  <description>Stands in for the add-on that ZAP insists on, and does nothing.</description>
  <author>pytest-cmdbguard</author>
  <not-before-version>2.17.0</not-before-version>
</zapaddon>
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """An assembled ZAP: its installation directory."""

    home: Path

    def command(self, java: str, options: Sequence[str]) -> list[str]:
        """The argument list that runs it; ``options`` are Java's."""
        return [java, *options, "-cp", str(self.home / "lib" / "*"), MAIN_CLASS]


def obtain() -> Distribution:
    """The assembled ZAP; downloaded the first time, from the cache afterwards.

    Raises: ServiceMissing when it is not in the cache and cannot be downloaded.
    """
    try:
        return Distribution(home=cache.entry(f"zap/{VERSION}-{LAYOUT}", _assemble))
    except ImportError:
        raise ServiceMissing(
            "ZAP",
            "it is not installed, and the package jgo that could download it is not either",
            remedy="pip install 'pytest-cmdbguard[zap]', or install ZAP",
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise ServiceMissing(
            "ZAP",
            f"it is not installed, and its Maven artifacts cannot be downloaded ({error})",
            remedy="run once with network, put zap.sh on PATH, or use --cmdbguard-zap off",
        ) from None


def _assemble(draft: Path) -> None:
    """Lay out the installation directory. Raises: OSError, RuntimeError."""
    from jgo.config import GlobalSettings  # noqa: PLC0415 - comes with the extra "zap"
    from jgo.maven import MavenContext  # noqa: PLC0415

    repository = draft / "repository"
    mirrors = GlobalSettings.load().repositories or None
    context = MavenContext(repo_cache=repository, remote_repos=mirrors, timeout=30)
    jars = {path.name: path for path in _download(context)}
    library, plugin = draft / "lib", draft / "plugin"
    library.mkdir()
    plugin.mkdir()
    packed: set[str] = set()
    for name in ADD_ONS:
        packed |= _write_add_on(plugin, name, jars)
    for path in jars.values():
        if path.name not in packed and not path.name.startswith(UNWANTED):
            shutil.copyfile(path, library / path.name)
    with zipfile.ZipFile(plugin / "callhome-release-0.0.1.zap", "w") as archive:
        archive.writestr("ZapAddOn.xml", CALL_HOME)
    shutil.rmtree(repository)


def _download(context: MavenContext) -> Iterable[Path]:
    """The jars of ZAP, its add-ons and all that they need to run."""
    wanted, needed = context.resolver.resolve(
        [context.create_dependency(name) for name in (CORE, *ADD_ONS)]
    )
    needed = [one for one in needed if one.scope in {"compile", "runtime"}]
    for one in needed:
        if "${" in one.version:  # jgo leaves the parent's version; the siblings have the same
            one.set_version(next(two for two in needed if two.groupId == one.groupId).version)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda one: one.artifact.resolve(), (*wanted, *needed)))


def _write_add_on(plugin: Path, name: str, jars: Mapping[str, Path]) -> set[str]:
    """Write an add-on's file: its jar, and inside it the libraries that its manifest lists.

    Returns: the names of the jars that are in it.
    """
    _, artifact, version = name.split(":")
    own = jars[f"{artifact}-{version}.jar"]
    with zipfile.ZipFile(own) as source:
        manifest = source.read("ZapAddOn.xml").decode()
    libraries = [lib.text or "" for lib in ET.fromstring(manifest).iter("lib")]  # noqa: S314 - checked download
    target = plugin / f"{artifact}-release-{version}.zap"
    shutil.copyfile(own, target)
    with zipfile.ZipFile(target, "a") as archive:
        for library in libraries:
            archive.write(jars[library.rpartition("/")[2]], library)
    return {own.name, *(library.rpartition("/")[2] for library in libraries)}
