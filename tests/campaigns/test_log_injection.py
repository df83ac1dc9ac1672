"""Line ends, and how many requests they take."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.campaigns.log_injection import LogInjection
from pytest_cmdbguard.witnesses.logs import LogWitness


@pytest.fixture
def inject(cmdb, tmp_path):
    """The requests for one operation, of a target whose log stays empty."""
    log = tmp_path / "cmdb.log"
    log.touch()

    def inject(operation, profile):
        sent = []

        class Told:
            def send(self, *arguments, **parts):
                sent.append(cmdb.api.send(*arguments, **parts))
                return sent[-1]

        attack = LogInjection(Told(), cmdb.surroundings, LogWitness(log), profile=profile)
        assert list(attack([cmdb.operations[operation]])) == []
        return attack.points, [exchange.url for exchange in sent]

    return inject


def test_quick_sends_all_that_takes_no_text_at_once(inject):
    points, quick = inject("racks_list", "quick")
    same, full = inject("racks_list", "full")
    assert points == same == len(full) > len(quick)
    (together,) = [url for url in quick if "limit=" in url]
    assert all(f"{name}=zq" in together for name in ("tenant_id", "site_id", "location_id"))
    assert [url for url in quick if "q=zq" in url and url != together]
