"""A check of one's own: it stands in the same matrix as the shipped ones."""

import json

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.probes.client import Api


@check(
    id="OWN-ASSET-001",
    criterion="naming",
    title="Every asset has a name",
    severity=Severity.LOW,
    remedy="Refuse empty names before the first statement.",
)
def test_every_asset_has_a_name(api: Api, evidence: Evidence) -> None:
    """The first page is enough: empty names come first."""
    answer = api.get("/assets")
    evidence.add("first page", answer)
    names = [asset["name"] for asset in json.loads(answer.body)["items"]]
    assert names
    assert all(names), "an asset has no name"
