"""What a container may do, and which of it is one privilege too many."""

import dataclasses

import pytest

from pytest_cmdbguard.campaigns import cis, confinement, dockerfile_rules
from pytest_cmdbguard.campaigns.confinement import Confinement, Mount
from pytest_cmdbguard.campaigns.running_container import NAMES

SOUND = Confinement(
    place="docker inspect cmdb",
    names=NAMES,
    user="10001:10001",
    read_only=True,
    dropped=frozenset({"ALL"}),
    options=("no-new-privileges",),
    memory=2**31,
    pids=512,
    cpus=2.0,
)
RULES = (
    confinement.root,
    confinement.privileges,
    confinement.reach,
    confinement.root_file_system,
    confinement.limits,
)


def sinks(**changes):
    found = dataclasses.replace(SOUND, **changes)
    return [gap.sink for rule in RULES for gap in rule(found)]


def test_a_confined_container_has_no_gaps():
    assert sinks() == []


@pytest.mark.parametrize(
    ("changes", "sink"),
    [
        ({"user": ""}, "user"),
        ({"user": "root"}, "user"),
        ({"user": "0:10001"}, "user"),
        ({"privileged": True}, "privileged"),
        ({"dropped": frozenset({"NET_RAW"})}, "capabilities"),
        ({"added": frozenset({"SYS_ADMIN"})}, "capability"),
        ({"options": ()}, "new privileges"),
        ({"options": ("no-new-privileges:false",)}, "new privileges"),
        ({"options": ("no-new-privileges", "seccomp:unconfined")}, "seccomp"),
        ({"options": ("no-new-privileges", "apparmor=unconfined")}, "apparmor"),
        ({"mounts": (Mount(source="/run/docker.sock", place="/d"),)}, "docker socket"),
        ({"mounts": (Mount(source="/x", place="/var/run/docker.sock"),)}, "docker socket"),
        ({"mounts": (Mount(source="/", place="/host", writable=False),)}, "mount /"),
        ({"mounts": (Mount(source="/etc/", place="/e", writable=False),)}, "mount /etc/"),
        ({"mounts": (Mount(source="/etc/hosts", place="/etc/hosts"),)}, "mount /etc/hosts"),
        ({"shared": {"pid": "host"}}, "pid namespace"),
        ({"shared": {"network": "host"}}, "network namespace"),
        ({"devices": ("/dev/sda",)}, "device /dev/sda"),
        ({"read_only": False}, "root file system"),
        ({"memory": 0}, "memory limit"),
        ({"pids": -1}, "pids limit"),
        ({"cpus": 0.0}, "cpus limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_each_gap_is_told_alone(changes, sink):
    assert sinks(**changes) == [sink]


@pytest.mark.parametrize(
    "changes",
    [
        {"user": "cmdb:root"},
        {"user": "1000"},
        {"added": frozenset({"NET_BIND_SERVICE"})},
        {"added": frozenset({"CHOWN"})},
        {"options": ("no-new-privileges:true", "apparmor=docker-default")},
        {"mounts": (Mount(source="/etc/localtime", place="/etc/localtime", writable=False),)},
        {"mounts": (Mount(source="/srv/cmdb", place="/data"),)},
        {"shared": {"network": "cmdbguard", "ipc": "private", "pid": "container:abc"}},
    ],
    ids=str,
)
def test_what_only_looks_like_a_gap_is_none(changes):
    assert sinks(**changes) == []


def test_a_gap_tells_the_fact_and_the_rule():
    (gap,) = confinement.root_file_system(dataclasses.replace(SOUND, read_only=False))
    assert gap.told == (
        "docker inspect cmdb: HostConfig.ReadonlyRootfs is false"
        " (CIS Docker Benchmark 1.6.0, 5.13: the container's root filesystem is mounted"
        " as read only)"
    )


def test_every_rule_of_hadolint_and_every_namespace_is_named_in_the_benchmark():
    assert {*dockerfile_rules.RULES.values(), *confinement.NAMESPACES.values()} <= {*cis.NAMES}
