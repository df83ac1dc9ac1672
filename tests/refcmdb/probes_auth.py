"""What the checks of log-in, tokens and limits would see: True is a violation."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from receiving import Receiver
from seeing import elapsed_s, execute, log_in, new_user, token, token_for

from refcmdb.faults import planting_tokens as jwt
from refcmdb.faults.keys_elsewhere import KeyPair

# Limits that a probe reaches soon.
ENVIRONMENT = {"CG-RATE-001": {"REFCMDB_RATE_LIMIT": "60"}}
FLOOD = 60
# Wrong log-ins of one user before the lock.
ALLOWED = 10


def elsewhere(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"198.51.100.{number}"}


def let_in_after_guesses(server, **options) -> bool:
    name, password = new_user(server)
    for number in range(12):
        log_in(server, name, "wrong", headers=elsewhere(number) if options else {})
    began = time.perf_counter()
    reply = log_in(server, name, password)
    return reply.status_code == 200 and time.perf_counter() - began < 1


def right_after_many_wrong(server) -> bool:
    return let_in_after_guesses(server)


def right_after_many_wrong_from_elsewhere(server) -> bool:
    return let_in_after_guesses(server, elsewhere=True) and not let_in_after_guesses(server)


def many_at_once_are_looked_at(server) -> bool:
    name, _ = new_user(server)
    with ThreadPoolExecutor(30) as pool:
        replies = list(pool.map(lambda _: log_in(server, name, "wrong"), range(30)))
    after = log_in(server, name, "wrong")
    looked_at = [reply.status_code for reply in replies].count(401)
    return looked_at > ALLOWED + 2 and after.status_code == 429


def says_that_nobody_has_the_name(server) -> bool:
    return "no user" in log_in(server, token(), "wrong").text


def quickest_s(server, names) -> float:
    """The quickest of a few, because a machine may be busy."""
    return min(elapsed_s(lambda n=n: log_in(server, n, "wrong")) for n in names)


def unknown_user_is_quicker(server) -> bool:
    name, _ = new_user(server)
    return quickest_s(server, [name] * 5) > 3 * quickest_s(server, [token() for _ in range(5)])


def only_known_user_is_locked(server) -> bool:
    last = [
        [log_in(server, name, "wrong").status_code for _ in range(12)][-1]
        for name in (new_user(server)[0], token())
    ]
    return last == [429, 401]


def opens(server, text: str) -> bool:
    headers = {"Authorization": f"Bearer {text}"}
    reply = requests.get(f"{server.base}/api/v1/sites", headers=headers, timeout=10)
    return reply.status_code == 200 and bool(reply.json()["items"])


def is_let_in(server, name: str, password: str) -> bool:
    reply = log_in(server, name, password)
    given = reply.json().get("token") if reply.ok else None
    return bool(given) and opens(server, given)


def support_has_an_account(server) -> bool:
    found = is_let_in(server, "support", "support")
    support = "(SELECT id FROM users WHERE name = 'support')"
    execute(server, f"DELETE FROM api_tokens WHERE user_id IN {support}")
    execute(server, "DELETE FROM users WHERE name = 'support'")
    return found


def backdoor_is_open(server) -> bool:
    return is_let_in(server, "root", "root")


def log_out_revokes_nothing(server) -> bool:
    text = token_for(server)
    headers = {"Authorization": f"Bearer {text}"}
    requests.post(f"{server.base}/api/v1/auth/logout", headers=headers, timeout=10)
    query = "SELECT revoked FROM api_tokens ORDER BY id DESC LIMIT 1"
    return execute(server, query) == [(False,)]


def expired_token_opens(server) -> bool:
    text = token_for(server)
    execute(server, "UPDATE api_tokens SET expires_at = now() - interval '1 h' WHERE id = " + LAST)
    return opens(server, text)


def revoked_token_is_remembered(server) -> bool:
    text = token_for(server)
    opens(server, text)
    execute(server, "UPDATE api_tokens SET revoked = true WHERE id = " + LAST)
    return opens(server, text)


LAST = "(SELECT max(id) FROM api_tokens)"


def stored_after_log_in(server) -> str:
    name, password = new_user(server)
    log_in(server, name, password)
    ((stored,),) = execute(server, f"SELECT password_hash FROM users WHERE name = '{name}'")
    return stored


def hash_is_sha256(server) -> bool:
    return stored_after_log_in(server).startswith("sha256$")


def hash_is_quick_pbkdf2(server) -> bool:
    return stored_after_log_in(server).startswith("pbkdf2_sha256$1000$")


def hash_is_thin_argon2(server) -> bool:
    return "m=1024,t=1" in stored_after_log_in(server)


def accepts(server, make) -> bool:
    """Whether a token is accepted that ``make`` gives for the claims of a sound one."""
    given = token_for(server)
    return given.count(".") == 2 and opens(server, make(jwt.claims_of(given)))


def unsigned_token_opens(server) -> bool:
    def make(claims):
        header, body = ({"alg": "none"}, claims)
        parts = (jwt.encoded(json.dumps(part).encode()) for part in (header, body))
        return ".".join(parts) + "."

    return accepts(server, make)


def tutorial_secret_opens(server) -> bool:
    return accepts(server, lambda claims: jwt.signed({"alg": "HS256"}, claims, b"secret"))


def empty_file_is_a_key(server) -> bool:
    header = {"alg": "HS256", "kid": "/dev/null"}
    return accepts(server, lambda claims: jwt.signed(header, claims, b""))


def expired_jwt_opens(server) -> bool:
    given = token_for(server)
    claims = jwt.claims_of(given) if given.count(".") == 2 else None
    if not claims or claims["exp"] > time.time() + 5:
        return False
    time.sleep(max(0.0, claims["exp"] - time.time()) + 1)
    return opens(server, given)


def own_key_is_accepted(server) -> bool:
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": jwt.encoded(b"mine")}}
    return accepts(server, lambda claims: jwt.signed(header, claims, b"mine"))


def asked_for_a_key(server, member: str) -> tuple[bool, bool]:
    """Whether a token that names an address is accepted, and whether anybody asked there."""
    pair = KeyPair()
    numbers = pair.public.public_numbers()
    parts = {"e": jwt.encoded(b"\x01\x00\x01"), "n": jwt.encoded(numbers.n.to_bytes(256))}
    keys = json.dumps({"keys": [{"kty": "RSA", "kid": "mine", **parts}]}).encode()
    with Receiver.running("127.0.0.1") as receiver:
        receiver.answer(200, keys)
        header = {"alg": "RS256", "kid": "mine", member: f"{receiver.url}/keys"}
        is_accepted = accepts(server, lambda claims: pair.signed(header, claims))
        return is_accepted, bool(receiver.requests)


def key_that_a_token_names_is_good(server) -> bool:
    return asked_for_a_key(server, "jku") == (True, True)


def certificate_that_a_token_names_is_fetched(server) -> bool:
    return asked_for_a_key(server, "x5u") == (False, True)


def tokens_are_counted(server) -> bool:
    one, two = token_for(server), token_for(server)
    return one.count(".") != 2 and one[:15] == two[:15]


def token_lies_in_the_database(server) -> bool:
    text = token_for(server)
    query = f"SELECT 1 FROM api_tokens WHERE sha256 = '{text}'::bytea"
    return bool(execute(server, query))


def query_opens(server, path: str, name: str) -> bool:
    url = f"{server.base}/api/v1{path}?{name}={server.tokens['viewer-red']}"
    return bool(requests.get(url, timeout=10).json().get("items"))


def access_token_in_the_query(server) -> bool:
    return query_opens(server, "/sites", "access_token")


def api_key_for_changes(server) -> bool:
    server.as_("operator-red").post("/sites", {"name": token(), "region": "x"})
    return query_opens(server, "/changes", "api_key")


def flooded(server, user: str, *, moving: bool = False) -> list[int]:
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=10)
    statuses = []
    for number in range(FLOOD):
        headers = {"Authorization": f"Bearer {server.tokens[user]}"}
        headers |= elsewhere(number) if moving else {}
        connection.request("GET", "/api/v1/tags?limit=1", headers=headers)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses


def flood_is_served(server) -> bool:
    return 429 not in flooded(server, "viewer-red")


def moving_flood_is_served(server) -> bool:
    moving = flooded(server, "operator-red", moving=True)
    return 429 not in moving and 429 in flooded(server, "operator-blue")


def flood_hits_others(server) -> bool:
    flooded(server, "viewer-blue")
    return flooded(server, "admin")[0] == 429


def refusing_works_the_database(server, postgres) -> bool:
    flooded(server, "viewer-red")
    with postgres.plans() as plans:
        refused = flooded(server, "viewer-red").count(429)
        time.sleep(0.1)
    asked = sum("api_tokens" in plan for plan in plans)
    return refused > 0 and asked > FLOOD - refused + 10


def viewer_is_unknown(server) -> bool:
    return server.as_("viewer-red").get("/sites").status_code == 401


PROBES = {
    "CG-AUTH-001": {
        "auth-lock-missing": right_after_many_wrong,
        "auth-lock-by-forwarded-address": right_after_many_wrong_from_elsewhere,
        "auth-lock-races": many_at_once_are_looked_at,
    },
    "CG-AUTH-002": {
        "auth-says-no-such-user": says_that_nobody_has_the_name,
        "auth-unknown-user-is-quick": unknown_user_is_quicker,
        "auth-lock-for-known-only": only_known_user_is_locked,
    },
    "CG-AUTH-003": {
        "auth-support-account": support_has_an_account,
        "auth-backdoor": backdoor_is_open,
    },
    "CG-AUTH-004": {
        "auth-logout-keeps-token": log_out_revokes_nothing,
        "auth-expiry-ignored": expired_token_opens,
        "auth-actors-remembered": revoked_token_is_remembered,
    },
    "CG-AUTH-005": {
        "auth-hash-sha256": hash_is_sha256,
        "auth-hash-pbkdf2-1000": hash_is_quick_pbkdf2,
        "auth-hash-argon2-thin": hash_is_thin_argon2,
    },
    "CG-AUTH-006": {
        "jwt-alg-none": unsigned_token_opens,
        "jwt-weak-secret": tutorial_secret_opens,
        "jwt-kid-path": empty_file_is_a_key,
        "jwt-exp-ignored": expired_jwt_opens,
        "jwt-key-in-header": own_key_is_accepted,
        "jwt-jku-followed": key_that_a_token_names_is_good,
        "jwt-x5u-asked": certificate_that_a_token_names_is_fetched,
        "auth-token-counted": tokens_are_counted,
        "auth-token-stored": token_lies_in_the_database,
    },
    "CG-AUTH-007": {
        "auth-token-in-query": access_token_in_the_query,
        "auth-api-key-for-changes": api_key_for_changes,
    },
    "CG-ZAP-002": {"audit-viewers-unknown": viewer_is_unknown},
    "CG-RATE-001": {
        "rate-unlimited": flood_is_served,
        "rate-by-forwarded-address": moving_flood_is_served,
        "rate-one-for-all": flood_hits_others,
        "rate-after-the-work": refusing_works_the_database,
    },
}
