"""A scanner's URL and parameter name lead to one operation and its inputs."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.answers import Alert
from pytest_cmdbguard.campaigns.whereabouts import Whereabouts
from pytest_cmdbguard.model import Operation, Parameter

TEXT = {"type": "string"}


def path(name):
    return Parameter(location="path", name=name, schema=TEXT, required=True)


OPERATIONS = (
    Operation(id="show", method="GET", path="/devices/{id}", parameters=(path("id"),)),
    Operation(id="export", method="GET", path="/devices/export"),
    Operation(
        id="list",
        method="GET",
        path="/devices",
        parameters=(
            Parameter(location="query", name="sort", schema=TEXT),
            Parameter(location="header", name="X-Trace", schema=TEXT),
        ),
    ),
    Operation(
        id="create",
        method="POST",
        path="/devices",
        body={
            "type": "object",
            "properties": {"name": TEXT, "site": {"properties": {"name": TEXT}}},
        },
    ),
)


def alert(url, parameter="", method="GET"):
    return Alert(
        source="s", name="n", risk="high", cwe=89, method=method, url=url, parameter=parameter
    )


@pytest.fixture
def whereabouts():
    return Whereabouts(OPERATIONS)


@pytest.mark.parametrize(
    ("url", "method", "found"),
    [
        ("http://127.0.0.1:8000/devices?sort=1", "GET", "list"),
        ("/devices/7", "get", "show"),
        ("/devices/export", "GET", "export"),
        ("devices/{id}", "GET", "show"),
        ("/devices", "POST", "create"),
        ("/devices/7/cables", "GET", None),
        ("/devices", "DELETE", None),
        ("", "GET", None),
    ],
)
def test_a_url_leads_to_the_operation_that_answers_it(whereabouts, url, method, found):
    operation = whereabouts.operation(alert(url, method=method))
    assert (operation.id if operation else None) == found


@pytest.mark.parametrize(
    ("url", "method", "parameter", "names"),
    [
        ("/devices", "GET", "sort", ["sort"]),
        ("/devices", "GET", "x-trace", ["X-Trace"]),
        ("/devices", "GET", "SORT", []),
        ("/devices", "POST", "name", ["/name", "/site/name"]),
        ("/devices", "POST", "/site/name", ["/site/name"]),
        ("/devices/7", "GET", "id", ["id"]),
        ("/devices/7", "GET", "7", ["id"]),
        ("/devices/7", "GET", "8", []),
        ("/devices", "POST", "", ["/name", "/site/name"]),
    ],
)
def test_a_name_leads_to_the_inputs_that_are_meant(whereabouts, url, method, parameter, names):
    asked = alert(url, parameter, method)
    operation = whereabouts.operation(asked)
    assert [point.name for point in whereabouts.points(asked, operation)] == names
