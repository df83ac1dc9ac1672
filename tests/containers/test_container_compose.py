"""The reference CMDB's compose file, brought up for real: two instances behind a balancer."""

import os
import secrets
import ssl
import time
import urllib.error
import urllib.request
from functools import cached_property
from pathlib import Path

import pytest
from testcontainers.compose import DockerCompose

from pytest_cmdbguard.campaigns import confinement
from pytest_cmdbguard.campaigns.running_container import RunningContainer
from pytest_cmdbguard.services.containers import compose
from pytest_cmdbguard.services.ports import free_port
from pytest_cmdbguard.witnesses.container import ContainerWitness

FILE = Path(__file__).parents[2] / "refcmdb" / "infrastructure" / "compose.yaml"


class Composition(DockerCompose):
    """With the Docker Compose that the product finds, which need not be Docker's plugin."""

    @cached_property
    def compose_command_property(self):
        return [*compose.program(), "--file", str(FILE)]


@pytest.fixture
def deployment(docker, handed_over, monkeypatch):
    folder, authority = handed_over
    port = free_port()
    project = f"cmdbguard-test-{secrets.token_hex(4)}"
    for name, value in {
        "COMPOSE_PROJECT_NAME": project,
        "REFCMDB_SECRETS": str(folder),
        "REFCMDB_HTTPS_PORT": str(port),
        "REFCMDB_HTTP_PORT": str(free_port()),
        "REFCMDB_IMAGE": "cmdbguard-ci/refcmdb",
        "POSTGRES_IMAGE": "cmdbguard-ci/postgres",
        "VALKEY_IMAGE": "cmdbguard-ci/valkey",
        "DOCKER_HOST": os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"),
    }.items():
        monkeypatch.setenv(name, value)
    with Composition(FILE.parent) as composition:
        composition.docker, composition.authority, composition.port = docker, authority, port
        yield composition
    label = {"label": f"com.docker.compose.project={project}"}
    assert not docker.containers.list(all=True, filters=label)
    assert not docker.volumes.list(filters=label)
    assert not docker.networks.list(filters=label)


def health(deployment):
    context = ssl.create_default_context(cafile=deployment.authority)
    url = f"https://localhost:{deployment.port}/health"
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        return answer.status


def running(deployment):
    for one in deployment.get_containers():
        container = deployment.docker.containers.get(one.ID)
        pid = container.attrs["State"]["Pid"]
        yield one.Service, ContainerWitness(deployment.docker, one.ID, process=pid)


def gaps(witness, *, begins_as_root):
    found = RunningContainer(witness)
    rules = (confinement.reach, confinement.root_file_system, confinement.limits)
    told = [gap.told for rule in rules for gap in rule(found.confinement)]
    told += [gap.told for gap in found.privileges()]
    return told if begins_as_root else told + [gap.told for gap in found.root()]


def test_two_confined_instances_answer_behind_the_balancer(deployment):
    found = dict(running(deployment))
    assert set(found) == {"database", "cache", "cmdb-1", "cmdb-2", "balancer"}
    told = {
        service: gaps(witness, begins_as_root=service == "database")
        for service, witness in found.items()
    }
    assert {service: told[service] for service in found if told[service]} == {}
    assert health(deployment) == 200
    deployment.docker.containers.get(found["cmdb-1"].name).kill()
    deadline = time.monotonic() + 30
    answers = []
    while len(answers) < 20 and time.monotonic() < deadline:
        answers.append(health(deployment))
    assert answers == [200] * 20
