"""What people say of alerts: silenced, acknowledged, and by whom."""

from __future__ import annotations

import time

import pytest
from alarming import alert, alerting, fail_log_ins, firing, until
from seeing import events, execute


def test_silence_keeps_quiet_until_it_is_ended(start_server, receiver):
    with start_server(environment=alerting(receiver)) as server:
        red, admin = server.as_("operator-red"), server.as_("admin")
        silenced = red.post("/performance/alerts/log-ins/silence", {"minutes": 5})
        assert silenced.status_code == 200, silenced.text
        fail_log_ins(server)
        until(lambda: firing(red, "log-ins"), "not firing")
        time.sleep(2.5)
        assert receiver.requests == []
        red.post("/performance/alerts/log-ins/silence", {"minutes": 0})
        until(lambda: receiver.requests, "not told after the silence")
        logged = admin.get("/changes", object_type="alerts", sort="-id").json()["items"]
        assert [(one["action"], one["user"]) for one in logged[:2]] == [
            ("silence", "operator-red"),
            ("silence", "operator-red"),
        ]
        assert logged[1]["after"]["name"] == "log-ins"


def test_acknowledged_alert_is_not_told_again(start_server, receiver):
    repeating = alerting(receiver, REFCMDB_ALERT_REPEAT="1")
    with start_server(environment=repeating) as server:
        admin = server.as_("admin")
        fail_log_ins(server)
        until(lambda: len(receiver.requests) >= 2, "not told again")
        answer = admin.post("/performance/alerts/log-ins/acknowledge", {})
        assert answer.json()["acknowledged"] is True
        time.sleep(1.5)  # an interval that had begun
        seen = len(receiver.requests)
        time.sleep(2.5)
        assert len(receiver.requests) == seen
        assert ("acknowledge",) in execute(
            server, "SELECT action FROM changes WHERE object_type = 'alerts'"
        )
        assert "admin.action" in [event["event"] for event in events(server)]


@pytest.mark.parametrize(("user", "status"), [("viewer-red", 403), (None, 401)])
def test_viewers_and_strangers_silence_nothing(server, user, status):
    client = server.as_(user)
    assert client.get("/performance/alerts").status_code == status
    silence = client.post("/performance/alerts/disk/silence", {"minutes": 5})
    assert silence.status_code == status
    assert client.post("/performance/alerts/disk/acknowledge", {}).status_code == status
    assert alert(server.as_("admin"), "disk")["silenced_until"] is None


@pytest.mark.parametrize(
    ("rule", "body", "status"),
    [
        ("disk", {"minutes": -1}, 422),
        ("disk", {"minutes": 10_081}, 422),
        ("disk", {"minutes": "5"}, 422),
        ("disk", {"minutes": 5, "why": "so"}, 422),
        ("disk", {}, 422),
        ("nothing", {"minutes": 5}, 404),
    ],
)
def test_wrong_silence_is_refused(server, rule, body, status):
    answer = server.as_("admin").post(f"/performance/alerts/{rule}/silence", body)
    assert answer.status_code == status


def test_session_silences_nothing_without_its_token(server):
    url = f"{server.base}/api/v1/performance/alerts/cache"
    with server.browser_of("operator-red") as browser:
        assert browser.get(f"{server.base}/api/v1/performance/alerts").status_code == 200
        assert browser.post(f"{url}/silence", json={"minutes": 5}).status_code == 403
        assert browser.post(f"{url}/acknowledge").status_code == 403
    assert alert(server.as_("admin"), "cache")["silenced_until"] is None
