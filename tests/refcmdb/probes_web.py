"""What the checks of pages, sessions and origins would see: True is a violation."""

from __future__ import annotations

import re

import requests
from seeing import new_device, token


def page(server, path: str, **params) -> str:
    reply = server.as_("viewer-red")("GET", f"//{path}", params=params)
    return reply.text if reply.headers["Content-Type"].startswith("text/html") else ""


def sheet(server, comments: str = "") -> str:
    return page(server, f"ui/devices/{new_device(server, comments=comments)['id']}")


def search_is_markup(server) -> bool:
    element = f"<{token()}>"
    return f"Results for {element}" in page(server, "ui/devices", q=element)


def search_leaves_its_field(server) -> bool:
    text = f'{token()}"x'
    return f'value="{text}' in page(server, "ui/devices", q=text)


def comment_is_markup(server) -> bool:
    element = f"<{token()}>"
    return element in sheet(server, element)


def comment_is_a_script_address(server) -> bool:
    address = f"javascript:{token()}"
    return f'href="{address}' in sheet(server, address)


def new_site_is_a_page(server) -> bool:
    body = {"name": token(), "region": "emea"}
    made = server.as_("operator-red").post("/sites", body)
    return made.headers["Content-Type"].startswith("text/html")


def comment_is_markup_for_browsers(server) -> bool:
    element = f"<{token()}>"
    address = f"/devices/{new_device(server, comments=element)['id']}"
    reader = server.as_("viewer-red")
    reply = reader("GET", address, headers={"Accept": "text/html"})
    return reply.headers["Content-Type"].startswith("text/html") and element in reply.text


def next_leaves_its_field(server) -> bool:
    address = f"/{token()} x=1"
    return f"value={address}" in page(server, "login", next=address)


def fragment_is_markup(server) -> bool:
    return "innerHTML = decodeURIComponent(wanted)" in sheet(server)


def fragment_is_evaluated(server) -> bool:
    return 'setTimeout("' in sheet(server)


def fragment_is_followed(server) -> bool:
    return "location.href = decodeURIComponent" in page(server, "ui/devices")


def fetched_comment_is_markup(server) -> bool:
    return "innerHTML = device.comments" in sheet(server)


def search_is_an_expression(server) -> bool:
    return "} ${1}`" in page(server, "ui/devices", q="${1}")


def commented(server, method="POST", *, token_of: str = "", **headers) -> bool:
    """Whether a comment is written in a session, with the token of somebody's or none."""
    device = new_device(server)["id"]
    form = {"comments": token()}
    if token_of:
        with server.browser_of(token_of) as other:
            shown = other.get(f"{server.base}/ui/devices", timeout=15).text
        form["csrf_token"] = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"data": form} if method == "POST" else {"params": form}
    url = f"{server.base}/ui/devices/{device}/comments"
    with server.browser_of("operator-red") as browser:
        browser.request(method, url, headers=told, allow_redirects=False, timeout=15, **sent)
    seen = server.as_("operator-red").get(f"/devices/{device}").json()
    return seen["comments"] == form["comments"]


def comment_needs_no_token(server) -> bool:
    return commented(server)


def token_of_another_session_counts(server) -> bool:
    return commented(server, token_of="viewer-red") and not commented(server)


def link_writes_a_comment(server) -> bool:
    return commented(server, "GET")


def origin_that_begins_like_ours_counts(server) -> bool:
    return commented(server, Origin="http://127.0.0.1:1") and not commented(server)


def plain_text_makes_a_site(server) -> bool:
    body = f'{{"name": "{token()}", "region": "emea"}}'
    with server.browser_of("operator-red") as browser:
        reply = browser.post(
            f"{server.base}/api/v1/sites",
            data=body,
            headers={"Content-Type": "text/plain"},
            timeout=15,
        )
    return reply.status_code == 201


def sent_by_session(server, method: str, path: str, **options) -> int:
    with server.browser_of("admin") as browser:
        url = f"{server.base}/api/v1{path}"
        return browser.request(method, url, timeout=15, **options).status_code


def site_is_changed_without_token(server) -> bool:
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "PATCH"}
    told = requests.options(f"{server.base}/api/v1/sites/1", headers=asked, timeout=15).headers
    may_be_asked = "PATCH" in told.get("Access-Control-Allow-Methods", "")
    body = {"region": token()}
    return may_be_asked and sent_by_session(server, "PATCH", "/sites/1", json=body) == 200


def form_deletes_a_vlan(server) -> bool:
    body = {"name": token(), "vid": 7, "site_id": new_site(server)}
    vlan = server.as_("operator-red").post("/vlans", body).json()["id"]
    sent_by_session(server, "POST", f"/vlans/{vlan}", data={"_method": "DELETE"})
    return server.as_("operator-red").get(f"/vlans/{vlan}").status_code == 404


def new_site(server) -> int:
    made = server.as_("operator-red").post("/sites", {"name": token(), "region": "emea"})
    return made.json()["id"]


def session_cookie(server) -> str:
    form = {"username": "viewer-red", "password": server.passwords["viewer-red"]}
    reply = requests.post(f"{server.base}/login", data=form, allow_redirects=False, timeout=15)
    told = reply.raw.headers.getlist("Set-Cookie")
    return next(text for text in told if text.startswith("refcmdb_session=")).lower()


def cookie_is_readable(server) -> bool:
    return "httponly" not in session_cookie(server)


def cookie_goes_with_all_requests(server) -> bool:
    return "samesite=none" in session_cookie(server)


def cookie_goes_to_the_domain(server) -> bool:
    return "domain=" in session_cookie(server)


def may_read(server, origin: str) -> bool:
    reply = server.as_("viewer-red")("GET", "/devices", headers={"Origin": origin})
    allowed = reply.headers.get("Access-Control-Allow-Origin") == origin
    return allowed and reply.headers.get("Access-Control-Allow-Credentials") == "true"


def any_origin_reads(server) -> bool:
    return may_read(server, "https://forged.example")


def null_reads(server) -> bool:
    return may_read(server, "null") and not any_origin_reads(server)


def origin_that_begins_like_ours_reads(server) -> bool:
    return may_read(server, "http://127.0.0.1.forged.example") and not any_origin_reads(server)


def leads_to(server, address: str) -> str:
    form = {"username": "viewer-red", "password": server.passwords["viewer-red"], "next": address}
    reply = requests.post(f"{server.base}/login", data=form, allow_redirects=False, timeout=15)
    return reply.headers["Location"]


def log_in_leads_anywhere(server) -> bool:
    return leads_to(server, "https://x.example/") == "https://x.example/"


def log_in_follows_a_backslash(server) -> bool:
    leads = leads_to(server, "/\\x.example") == "/\\x.example"
    return leads and not log_in_leads_anywhere(server)


def log_in_leads_to_what_begins_like_ours(server) -> bool:
    address = "http://127.0.0.1.x.example/"
    return leads_to(server, address) == address and not log_in_leads_anywhere(server)


def search_ends_a_header(server) -> bool:
    name = token()
    reply = server.as_("viewer-red")("GET", "//ui/devices", params={"q": f"x\r\n{name}:1"})
    return name in reply.headers


def next_ends_a_header(server) -> bool:
    name = token()
    form = {"username": "viewer-red", "password": server.passwords["viewer-red"]}
    form["next"] = f"/x%0d%0a{name}:1"
    reply = requests.post(f"{server.base}/login", data=form, allow_redirects=False, timeout=15)
    return name in reply.headers


def comment_ends_a_later_header(server) -> bool:
    name = token()
    device = new_device(server, comments=f"x\r\n{name}:1")
    return name in server.as_("operator-red").get(f"/devices/{device['id']}").headers


def file_name_of_a_site(server) -> str:
    name = token()
    body = {"name": f'{name}"; {name}="1', "region": "emea"}
    made = server.as_("operator-red").post("/sites", body).json()["id"]
    told = server.as_("operator-red").get(f"/sites/{made}").headers
    return told.get("Content-Disposition", "").partition(f'filename="{name}')[2]


def name_of_a_site_ends_its_file_name(server) -> bool:
    return file_name_of_a_site(server).startswith('"')


def download_has_a_line_of_its_name(server) -> bool:
    device, name = new_device(server)["id"], token()
    file = {"file": (f"x%0d%0a{name}:1.txt", b"x", "text/plain")}
    made = server.as_("operator-red")("POST", f"/devices/{device}/attachments", files=file)
    content = f"/attachments/{made.json()['id']}/content"
    return name in server.as_("operator-red").get(content).headers


PROBES = {
    "CG-XSS-001": {
        "xss-search-reflected": search_is_markup,
        "xss-search-attribute": search_leaves_its_field,
        "xss-comment-stored": comment_is_markup,
        "xss-comment-link": comment_is_a_script_address,
        "xss-json-as-html": new_site_is_a_page,
        "xss-login-next": next_leaves_its_field,
        "xss-api-for-browsers": comment_is_markup_for_browsers,
    },
    "CG-XSS-002": {
        "xss-dom-inner-html": fragment_is_markup,
        "xss-dom-evaluated": fragment_is_evaluated,
        "xss-dom-location": fragment_is_followed,
        "xss-dom-stored": fetched_comment_is_markup,
        "xss-script-template": search_is_an_expression,
    },
    "CG-CSRF-001": {
        "csrf-comment-unchecked": comment_needs_no_token,
        "csrf-token-of-anybody": token_of_another_session_counts,
        "csrf-link-writes": link_writes_a_comment,
        "csrf-origin-begins": origin_that_begins_like_ours_counts,
        "csrf-text-plain": plain_text_makes_a_site,
        "csrf-preflight-agrees": site_is_changed_without_token,
        "csrf-form-deletes": form_deletes_a_vlan,
    },
    "CG-HDR-002": {
        "cookie-script-readable": cookie_is_readable,
        "cookie-same-site-none": cookie_goes_with_all_requests,
        "cookie-of-domain": cookie_goes_to_the_domain,
    },
    "CG-HDR-003": {
        "cors-any-origin": any_origin_reads,
        "cors-null": null_reads,
        "cors-expression": origin_that_begins_like_ours_reads,
    },
    "CG-URL-001": {
        "redirect-unchecked": log_in_leads_anywhere,
        "redirect-backslash": log_in_follows_a_backslash,
        "redirect-begins": log_in_leads_to_what_begins_like_ours,
    },
    "CG-CRLF-001": {
        "crlf-search-header": search_ends_a_header,
        "crlf-login-decoded": next_ends_a_header,
    },
    "CG-CRLF-002": {
        "crlf-comment-told": comment_ends_a_later_header,
        "crlf-site-as-file": name_of_a_site_ends_its_file_name,
        "crlf-download-decoded": download_has_a_line_of_its_name,
    },
}
