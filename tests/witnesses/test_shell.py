"""Where input stands in a shell command; the shell itself is asked whether that is true."""

import shlex
import subprocess

import pytest

from pytest_cmdbguard.witnesses.shell import breaks_out, script_of

FIRST, LAST = "zqaaaaaaaaaa", "zqbbbbbbbbbb"
BREAKERS = [";", "'", '"', "$(true)", "`true`", "|", "&&", "\n", "\\", "';'", '";"', " "]


def is_one_word(script):
    """Whether the shell itself gives the input to the program as one word, as it was sent."""
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize("breaker", BREAKERS)
@pytest.mark.parametrize(
    "form", ["{}", "'{}'", '"{}"', "{quoted}", "'a b'{quoted} | cat", 'x="{escaped}"; echo "$x"']
)
def test_the_judgement_is_that_of_the_shell(breaker, form):
    text = FIRST + breaker + LAST
    escaped = "".join("\\" + c if c in '$`"\\' else c for c in text)
    inner = form.format(text, quoted=shlex.quote(text), escaped=escaped)
    script = inner if inner.startswith("x=") else f"printf '%s' {inner}"
    as_it_was_sent = text in is_one_word(script)
    assert breaks_out(script, first=FIRST, last=LAST, sent=breaker) is not as_it_was_sent


def test_input_that_was_cleaned_or_cut_breaks_out_of_nothing():
    assert not breaks_out(f"echo {FIRST}{LAST}", first=FIRST, last=LAST, sent=";")
    assert not breaks_out(f"echo {FIRST}", first=FIRST, last=LAST, sent=";")


@pytest.mark.parametrize(
    ("command", "script"),
    [
        (["sh", "-c", "ls"], "ls"),
        (["/bin/bash", "-ec", "ls", "x"], "ls"),
        (["ping", "-c", "1"], ""),
        (["sh", "script.sh"], ""),
        ([], ""),
    ],
)
def test_only_a_shell_has_a_script(command, script):
    assert script_of(command) == script
