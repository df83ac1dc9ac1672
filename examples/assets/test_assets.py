"""A check of one's own: it stands in the same matrix as the shipped ones."""

from pytest_cmdbguard import Severity, check


@check(
    id="OWN-ASSET-001",
    criterion="naming",
    title="Every asset has a name",
    severity=Severity.LOW,
    remedy="Make the column NOT NULL and refuse empty names.",
)
def test_every_asset_has_a_name(api, evidence):
    answer = api.get("/assets")
    evidence.add("first page", answer)
    assert b'"name":""' not in answer.body
