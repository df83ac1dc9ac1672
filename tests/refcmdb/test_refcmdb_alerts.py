"""AlertSystem on real servers: what happens is told once, to a webhook and by mail."""

from __future__ import annotations

import email
import hashlib
import hmac
import json
import re
import signal
import socket
import time

import pytest
from aiosmtpd.controller import Controller
from alarming import SECRET, alert, alerting, deliveries, fail_log_ins, firing, until, valkey

from refcmdb.monitoring.alerting import Alerting
from refcmdb.variables import SettingsError, read


def test_failed_log_ins_are_told_to_the_webhook_with_a_signature(start_server, receiver):
    with start_server(environment=alerting(receiver)) as server:
        fail_log_ins(server)
        until(lambda: receiver.requests, "no delivery")
        time.sleep(2.5)  # more intervals, and no more deliveries
    (sent,) = receiver.requests
    told = json.loads(sent.body)
    assert (sent.method, sent.path, told["event"]) == ("POST", "/alerts", "alert.firing")
    assert sent.headers["X-Refcmdb-Event"] == "alert.firing"
    assert told["alert"]["name"] == "log-ins"
    assert told["alert"]["value"] > told["alert"]["threshold"]
    moment, given = re.fullmatch(r"t=(\d+),v1=(\w+)", sent.headers["X-Refcmdb-Signature"]).groups()
    signed = f"{moment}.".encode() + sent.body
    assert given == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(time.time() - int(moment)) < 60


class Mails:
    """Takes what an SMTP client sends, after refusing as often as it was told."""

    def __init__(self) -> None:
        self.received, self.refusals = [], 0

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - its name
        if self.refusals:
            self.refusals -= 1
            return "451 come again"
        self.received.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 taken"


@pytest.fixture
def mails():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Mails()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.port = port
    yield handler
    controller.stop()


def by_mail(port: int, *, who: str = "") -> dict[str, str]:
    return alerting(
        REFCMDB_ALERT_SMTP=f"smtp://{who}127.0.0.1:{port}",
        REFCMDB_ALERT_FROM="cmdb@example.com",
        REFCMDB_ALERT_TO="noc@example.com,duty@example.com",
    )


def test_mail_is_sent_again_when_the_server_refuses_it(start_server, mails):
    mails.refusals = 1
    with start_server(environment=by_mail(mails.port)) as server:
        fail_log_ins(server)
        until(lambda: mails.received, "no mail")
    ((recipients, message),) = mails.received
    assert recipients == ["noc@example.com", "duty@example.com"]
    assert message["From"] == "cmdb@example.com"
    assert message["Subject"] == "[refcmdb] firing: Many log-ins fail"
    assert "failed_log_ins_per_min is" in message.get_payload()


def test_mail_server_without_tls_gets_no_password(start_server, mails):
    with start_server(environment=by_mail(mails.port, who="u:hunter2@")) as server:
        fail_log_ins(server)
        until(lambda: "it offers no TLS" in server.log.read_text(), "nothing is said")
    assert mails.received == []


def test_one_of_two_instances_tells_and_the_other_takes_over(start_server, receiver):
    environment = alerting(receiver)
    with (
        start_server(environment=environment) as first,
        start_server(environment=environment) as second,
    ):
        fail_log_ins(first)
        fail_log_ins(second)
        for server in (first, second):
            until(lambda s=server: firing(s.as_("admin"), "log-ins"), "not firing")
        until(lambda: receiver.requests, "nobody tells")
        time.sleep(2.5)
        (told,) = deliveries(receiver)
        speaker, other = (
            (first, second) if told["instance"].endswith(f"-{first.pid}") else (second, first)
        )
        assert told["instance"].endswith(f"-{speaker.pid}")
        speaker.stop(signal.SIGKILL)
        until(lambda: len(receiver.requests) == 2, "nobody takes over")
        assert deliveries(receiver)[1]["instance"].endswith(f"-{other.pid}")


def test_who_takes_over_tells_nothing_that_was_acknowledged_but_its_end(
    start_server, receiver, run_directory
):
    options = {
        "redis_url": f"unix://{run_directory}/alerts.sock",
        "environment": alerting(receiver, REFCMDB_ALERT_RULES="cache=0.5:0"),
    }
    with start_server(**options) as first, start_server(**options) as second:
        for server in (first, second):
            until(lambda s=server: firing(s.as_("admin"), "cache"), "not firing")
        until(lambda: receiver.requests, "nobody tells")
        is_first = deliveries(receiver)[0]["instance"].endswith(f"-{first.pid}")
        speaker, other = (first, second) if is_first else (second, first)
        other.as_("admin").post("/performance/alerts/cache/acknowledge", {})
        speaker.stop(signal.SIGKILL)
        time.sleep(2.5)
        with valkey(run_directory):
            until(lambda: len(receiver.requests) == 2, "the end is not told")
    assert [told["event"] for told in deliveries(receiver)] == ["alert.firing", "alert.resolved"]


def test_alerts_that_are_off_stay_quiet(start_server, receiver):
    with start_server(environment=alerting(receiver, REFCMDB_ALERTS="off")) as server:
        fail_log_ins(server)
        time.sleep(2.5)
        assert alert(server.as_("admin"), "log-ins")["state"] == "quiet"
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("variable", "value", "more"),
    [
        ("REFCMDB_ALERTS", "yes", {}),
        ("REFCMDB_ALERT_REPEAT", "0", {}),
        ("REFCMDB_ALERT_RULES", "disk=full", {}),
        ("REFCMDB_ALERT_RULES", "disc=0.5", {}),
        ("REFCMDB_ALERT_RULES", "disk=0.5:99999", {}),
        ("REFCMDB_ALERT_WEBHOOK", "ftp://hooks.example.com", {}),
        ("REFCMDB_ALERT_SECRET", "short", {"REFCMDB_ALERT_WEBHOOK": "https://h.example.com"}),
        ("REFCMDB_ALERT_SMTP", "mail.example.com", {}),
        ("REFCMDB_ALERT_SMTP", "smtp://h:port", {}),
        ("REFCMDB_ALERT_FROM", "", {"REFCMDB_ALERT_SMTP": "smtp://h"}),
        (
            "REFCMDB_ALERT_TO",
            "nobody",
            {"REFCMDB_ALERT_SMTP": "smtp://h", "REFCMDB_ALERT_FROM": "a@b"},
        ),
    ],
)
def test_wrong_alert_setting_is_named(variable, value, more):
    with pytest.raises(SettingsError, match=variable):
        read(Alerting, {**more, variable: value})


def test_password_of_the_mail_server_is_in_no_message_and_no_representation():
    with pytest.raises(SettingsError) as caught:
        read(Alerting, {"REFCMDB_ALERT_SMTP": "smpt://u:hunter2@h"})
    assert "hunter2" not in str(caught.value)
    addresses = {"REFCMDB_ALERT_FROM": "a@b", "REFCMDB_ALERT_TO": "c@d"}
    settings = read(Alerting, {"REFCMDB_ALERT_SMTP": "smtps://u:hunter%32@h", **addresses})
    assert (settings.mail.password, settings.mail.port) == ("hunter2", 465)
    assert "hunter2" not in repr(settings)
