"""Plain ``pytest`` with the plugin installed."""

from __future__ import annotations

import pytest

OWN = """
import pytest

@pytest.mark.cmdbguard(criterion="security-headers")
def test_marked(): pass

def test_plain(): pass
"""


@pytest.mark.parametrize("words", [(), ("-p", "no:cmdbguard")], ids=["installed", "switched off"])
def test_users_tests_run_as_if_it_were_not_there(pytester, sandbox, words):
    pytester.makepyfile(OWN)
    outcome = pytester.runpytest_subprocess("-p", "no:randomly", *words)
    outcome.assert_outcomes(passed=2, warnings=1 if words else 0)  # an unknown mark without it
    assert outcome.ret == 0
    outcome.stdout.no_fnmatch_line("*acceptance*")
    outcome.stdout.no_fnmatch_line("cmdbguard:*")
    assert not sandbox.report.exists()
    sandbox.leftovers.assert_none()


def test_the_marker_is_known_to_strict_markers(pytester):
    pytester.makepyfile(OWN)
    outcome = pytester.runpytest_subprocess("--strict-markers", "--markers")
    assert outcome.ret == 0
    outcome.stdout.fnmatch_lines(["@pytest.mark.cmdbguard(id, criterion, *"])


def test_the_flag_is_unknown_when_the_plugin_is_switched_off(pytester):
    outcome = pytester.runpytest_subprocess("-p", "no:cmdbguard", "--cmdbguard")
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines(["*unrecognized arguments: --cmdbguard"])


def test_help_names_all_options(pytester):
    outcome = pytester.runpytest_subprocess("--help")
    assert outcome.ret == 0
    named = {word for word in outcome.stdout.str().split() if word.startswith("--cmdbguard")}
    assert {word.partition("=")[0] for word in named} == {
        "--cmdbguard",
        *(f"--cmdbguard-{name}" for name in ("target", "services", "profile", "records", "users")),
        *(
            f"--cmdbguard-{name}"
            for name in ("select", "zap", "report", "fault", "write-baseline")
        ),
    }
