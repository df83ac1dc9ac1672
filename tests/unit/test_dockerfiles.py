"""Dockerfiles and compose files as people write them, sound ones and others."""

from pathlib import Path

import pytest

from pytest_cmdbguard.campaigns import compose_files, dockerfile_rules, dockerfiles
from pytest_cmdbguard.planted import catalogue

OWN = Path(__file__).parents[2] / "refcmdb" / "infrastructure"
END = "USER 1000\nHEALTHCHECK CMD true\n"


def sinks(tmp_path, text, *, health_elsewhere=False):
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    found = dockerfile_rules.gaps(dockerfiles.read(path), health_elsewhere=health_elsewhere)
    return [gap.sink for gap in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM debian:13\nHEALTHCHECK CMD true\n", ["no USER"]),
        ("FROM debian:13\nUSER 1000\nUSER root\nHEALTHCHECK CMD true\n", ["USER root"]),
        ("FROM debian:13\nARG WHO=0\nUSER ${WHO}\nHEALTHCHECK CMD true\n", ["USER root"]),
        ("FROM debian:13\nUSER 1000\n", ["HEALTHCHECK"]),
        ("FROM debian:13\nUSER 1000\nHEALTHCHECK CMD true\nHEALTHCHECK NONE\n", ["HEALTHCHECK"]),
        (f"FROM debian\n{END}", ["FROM debian"]),
        (f"ARG BASE=debian:latest\nFROM $BASE\n{END}", ["FROM debian:latest"]),
        (f"FROM r:5000/debian\n{END}", ["FROM r:5000/debian"]),
        (f"FROM debian:13\nENV API_TOKEN=summer\n{END}", ["ENV API_TOKEN"]),
        (f"FROM debian:13\nENV API_TOKEN summer\n{END}", ["ENV API_TOKEN"]),
        (f"FROM debian:13\nARG API_TOKEN=summer\n{END}", ["ARG API_TOKEN"]),
        (
            f"FROM debian:13\nRUN true \\\n # why\n && git clone https://b:ot@g/x\n{END}",
            ["RUN URL"],
        ),
    ],
)
def test_what_is_missing_or_too_much(tmp_path, text, expected):
    assert sinks(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"FROM debian:13\n{END}",
        f"FROM debian@sha256:{'a' * 64}\n{END}",
        f"ARG BASE\nFROM ${{BASE}}\n{END}",
        f"FROM debian:13 AS base\n{END}FROM base\nCOPY a /a\n",
        f"FROM --platform=linux/amd64 debian:13 as base\n{END}FROM base\n",
        "FROM gcr.io/distroless/python3:nonroot\nHEALTHCHECK CMD ['true']\n",
        "FROM scratch\nCOPY a /a\nHEALTHCHECK CMD ['/a']\n",
        f"FROM debian:13\nRUN <<EOF\nUSER root\nENV API_TOKEN=summer\nEOF\n{END}",
        f"FROM debian:13\nARG API_TOKEN\nENV API_TOKEN_FILE=/run/secrets/t\n{END}",
        f"FROM debian:13 AS tools\nUSER root\nFROM debian:13\n{END}",
        f"FROM debian:13\nRUN cat <<< word && echo $((1 << shift)) <<GONE\n{END}",
        f"FROM python:${{VERSION}}-slim AS base-amd64\nFROM base-$TARGETARCH\n{END}",
    ],
)
def test_a_sound_one_has_no_gaps(tmp_path, text):
    assert sinks(tmp_path, text) == []


def test_whoever_starts_it_may_bring_the_health_check(tmp_path):
    assert sinks(tmp_path, "FROM debian:13\nUSER 1000\n", health_elsewhere=True) == []


def test_hadolint_finds_what_is_about_security_and_leaves_style_alone(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian\nRUN apt-get install curl\nADD a /a\nRUN sudo true\nUSER root\n")
    found = {gap.sink for gap in dockerfile_rules.linted(path)}
    assert found == {"DL3004", "DL3020"}


def test_a_stage_that_is_only_built_from_may_be_of_root(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text(f"FROM debian:13 AS tools\nUSER root\nFROM debian:13\n{END}")
    assert not list(dockerfile_rules.linted(path))


def test_a_file_that_is_no_dockerfile_is_not_verified(tmp_path):
    (tmp_path / "notes").write_text("nothing\n")
    with pytest.raises(pytest.skip.Exception, match="notes is no Dockerfile"):
        dockerfiles.read(tmp_path / "notes")


def test_a_compose_file_that_cannot_be_read_is_not_verified(tmp_path):
    path = tmp_path / "compose.yaml"
    path.write_text("services: [cmdb]\n")
    with pytest.raises(pytest.skip.Exception, match=r"compose.yaml cannot be read: .*services"):
        list(compose_files.gaps(path))


def test_a_service_that_was_told_nothing_has_every_gap(tmp_path):
    path = tmp_path / "compose.yaml"
    path.write_text(
        "services:\n  db:\n    image: postgres:18\n    environment: [POSTGRES_PASSWORD=summer]\n"
    )
    found = {gap.sink.removeprefix("service db: ") for gap in compose_files.gaps(path)}
    expected = {
        "capabilities",
        "new privileges",
        "root file system",
        "environment POSTGRES_PASSWORD",
    }
    assert found == expected | {"memory limit", "pids limit", "cpus limit"}


def test_what_faults_change_in_these_files_stands_there():
    changed = [one.container for one in catalogue() if "file" in one.container]
    assert len(changed) > 12
    for change in changed:
        assert change["old"] in (OWN / change["file"]).read_text()


def test_the_files_of_the_reference_cmdb_have_no_gaps():
    assert not list(compose_files.gaps(OWN / "compose.yaml"))
    dockerfile = dockerfiles.read(OWN / "Dockerfile")
    assert not list(dockerfile_rules.gaps(dockerfile, health_elsewhere=False))
    assert not list(dockerfile_rules.linted(OWN / "Dockerfile"))
