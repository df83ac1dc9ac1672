"""What the checks of encryption would see, in its simplest form: True is a violation."""

from __future__ import annotations

import base64
import time

from seeing import new_device, token

URL = "https://hooks.example.com/"


def credential(server, **fields) -> dict:
    body = {"device_id": new_device(server)["id"], "name": token(), "username": "netadmin"}
    made = server.as_("operator-red").post("/credentials", body | {"secret": token()} | fields)
    assert made.status_code == 201, made.text
    return made.json()


def column_has(server, postgres, column: str, needle: str) -> bool:
    query = f"SELECT count(*) FROM credentials WHERE position('{needle}'::bytea in {column}) > 0"
    return postgres.execute(query, database=server.database)[0][0] > 0


def secret_is_in_its_column(server, postgres) -> bool:
    secret = token()
    credential(server, secret=secret)
    return column_has(server, postgres, "secret", secret)


def community_is_only_encoded(server, postgres) -> bool:
    community = token()
    credential(server, snmp_community=community)
    encoded = base64.b64encode(community.encode()).decode()
    return column_has(server, postgres, "snmp_community", encoded)


def secret_is_in_the_change_log(server) -> bool:
    secret = token()
    made = credential(server, secret=secret)
    changes = server.as_("admin").get(
        "/changes", object_type="credentials", object_id=made["id"], limit=5
    )
    return secret in changes.text


def shown_secret_is_cached(server) -> bool:
    path = f"/credentials/{credential(server)['id']}/secret"
    answers = [server.as_("operator-red").get(path) for _ in range(2)]
    return answers[1].headers.get("X-Cache") == "hit"


def secret_is_in_the_service_log(server) -> bool:
    secret = token()
    credential(server, secret=secret)
    return secret in server.log.read_text()


def webhook_secret_is_in_a_file(server) -> bool:
    secret = token() * 2
    body = {"name": token(), "url": URL, "secret": secret, "enabled": False}
    assert server.as_("operator-red").post("/webhooks", body).status_code == 201
    files = [path for path in server.storage.rglob("*") if path.is_file()]
    return any(secret.encode() in path.read_bytes() for path in files)


def connection_is_plain(server, postgres) -> bool:
    server.as_("viewer-red").get("/sites", limit=3)
    return stays_plain(server, postgres, "refcmdb")


def report_connection_is_plain(server, postgres) -> bool:
    server.as_("viewer-red").get("/reports/devices.csv")
    return stays_plain(server, postgres, "refcmdb-reports")


def stays_plain(server, postgres, application: str) -> bool:
    """Not only for the moment that connections of a server before this one take to end."""
    if not plain(server, postgres, application):
        return False
    time.sleep(0.5)
    return bool(plain(server, postgres, application))


def plain(server, postgres, application: str) -> list[tuple]:
    query = f"""
        SELECT client_addr FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
         WHERE datname = '{server.database}' AND application_name = '{application}'
           AND client_addr IS NOT NULL AND NOT ssl
    """
    return postgres.execute(query)


PROBES = {
    "CG-REST-001": {
        "rest-secret-plain": secret_is_in_its_column,
        "rest-community-encoded": community_is_only_encoded,
        "rest-secret-in-changes": secret_is_in_the_change_log,
        "rest-secret-cached": shown_secret_is_cached,
        "rest-secret-logged": secret_is_in_the_service_log,
        "rest-webhook-exported": webhook_secret_is_in_a_file,
    },
    "CG-TRANS-001": {
        "transit-database-plain": connection_is_plain,
        "transit-reports-plain": report_connection_is_plain,
    },
}
