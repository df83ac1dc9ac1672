"""`make` finds a Python on machines that keep it in different places, or says what to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIND_PYTHON = Path(__file__).parents[1] / ".ci" / "python"
TOOLS = ("bash", "cat", "env", "sort")
NOT_ACTIVE = '#!/bin/sh\necho "pyenv: $0: command not found" >&2\nexit 127\n'
TOO_OLD = "#!/bin/sh\nexit 1\n"


class Machine:
    """A PATH and a home directory with nothing in it but what a test puts there."""

    def __init__(self, directory):
        self.bin, self.home = directory / "bin", directory / "home"
        self.bin.mkdir()
        self.home.mkdir()
        for tool in TOOLS:
            found = next(
                Path(folder, tool) for folder in ("/bin", "/usr/bin") if exists(folder, tool)
            )
            self.bin.joinpath(tool).symlink_to(found)

    def program(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def find(self, *, first_on_path=""):
        environment = {"PATH": f"{first_on_path}:{self.bin}", "HOME": str(self.home)}
        return subprocess.run(
            [FIND_PYTHON], env=environment, check=False, capture_output=True, text=True
        )

    def found(self, **where):
        result = self.find(**where)
        assert result.returncode == 0, result.stderr
        return Path(result.stdout.removesuffix("\n"))


def exists(folder, tool):
    return os.access(Path(folder, tool), os.X_OK)


def python():
    return f'#!/bin/sh\nexec {sys._base_executable} "$@"\n'


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_machine_without_python_is_told_what_to_install(machine):
    result = machine.find()
    assert result.returncode == 1
    assert result.stdout == ""
    assert "apt-get install python3" in result.stderr


@pytest.mark.parametrize("broken", [NOT_ACTIVE, TOO_OLD], ids=["pyenv shim", "too old"])
def test_unusable_python_is_skipped(machine, broken):
    machine.program(machine.bin / "python3", broken)
    good = machine.program(machine.bin / "python3.13", python())
    assert machine.found() == good


def test_python_under_pyenv_is_found_behind_a_dead_shim(machine):
    machine.program(machine.bin / "python3.12", NOT_ACTIVE)
    versions = machine.home / ".pyenv" / "versions"
    machine.program(versions / "3.9.18" / "bin" / "python", TOO_OLD)
    good = machine.program(versions / "3.12.1" / "bin" / "python", python())
    assert machine.found() == good


def test_python_that_uv_knows_is_found(machine):
    good = machine.program(machine.home / "uv" / "python3.14", python())
    machine.program(machine.bin / "uv", f'#!/bin/sh\n[ "$2" = find ] && echo {good}\n')
    assert machine.found() == good


def test_active_virtual_environment_is_not_built_upon(machine):
    active = machine.home / "active"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", active], check=True)
    good = machine.program(machine.bin / "python3.12", python())
    assert machine.found(first_on_path=active / "bin") == good
