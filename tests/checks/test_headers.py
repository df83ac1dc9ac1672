"""What the header rules accept and refuse, as browsers apply the headers."""

import re

import pytest
from pytest_cmdbguard.checks._headers import RULES, missing

HTML = "text/html; charset=utf-8"
SOUND = {
    "content-type": HTML,
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=()",
    "server": "cmdb",
}
CSP = "content-security-policy"
HSTS = "strict-transport-security"
YEAR = "max-age=31536000"


def broken(header, value):
    """The rules that a sound response breaks when one header is replaced; None removes it."""
    headers = {**SOUND, header: value}
    return missing({name: value for name, value in headers.items() if value is not None})


def test_a_sound_response_breaks_no_rule():
    assert missing(SOUND) == {}


def test_a_bare_response_breaks_every_rule_but_the_one_about_versions():
    assert set(missing({})) == set(RULES) - {"server"}


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'self'; frame-ancestors 'self'",
        "DEFAULT-SRC 'NONE'; Frame-Ancestors 'None'",
        ";; default-src 'none' ;frame-ancestors 'none';",
        "default-src *; script-src 'self'; frame-ancestors 'none'",
        "script-src 'self'; script-src *; frame-ancestors 'none'",
        "script-src cdn.example.com https://*.example.com:443; frame-ancestors 'none'",
        "script-src 'nonce-r4nd0m' 'unsafe-inline'; frame-ancestors 'none'",
        "script-src 'sha256-AAAA' 'unsafe-inline'; frame-ancestors 'none'",
        "script-src 'nonce-x' 'strict-dynamic' https: 'unsafe-inline'; frame-ancestors 'none'",
        "script-src 'strict-dynamic' *; frame-ancestors 'none'",
        "script-src 'self' 'wasm-unsafe-eval' 'unsafe-hashes'; frame-ancestors 'none'",
        "default-src 'self'; style-src * 'unsafe-inline'; frame-ancestors 'none'",
        "sandbox allow-forms; frame-ancestors 'none'",
        "default-src *, script-src 'self', frame-ancestors 'none'",
        "upgrade-insecure-requests, default-src 'self'; frame-ancestors 'none'",
    ],
)
def test_a_policy_that_names_the_places_of_scripts_counts(policy):
    assert broken(CSP, policy) == {}


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("img-src 'self'; frame-ancestors 'none'", "nothing about scripts"),
        ("frame-ancestors 'none'", "nothing about scripts"),
        ("default-src *; frame-ancestors 'none'", r"from \*"),
        ("script-src 'self' https:; frame-ancestors 'none'", "from https:"),
        ("script-src 'self' data:; frame-ancestors 'none'", "from data:"),
        ("script-src https://*; frame-ancestors 'none'", r"from https://\*"),
        ("script-src *:443; frame-ancestors 'none'", r"from \*:443"),
        ("script-src *.com; frame-ancestors 'none'", r"from \*\.com"),
        ("script-src 'self' 'unsafe-inline'; frame-ancestors 'none'", "unsafe-inline"),
        ("script-src 'nonce-x' 'unsafe-eval'; frame-ancestors 'none'", "unsafe-eval"),
        ("script-src 'nonce-x' https:; frame-ancestors 'none'", "from https:"),
        ("script-src 'strict-dynamic' 'unsafe-eval'; frame-ancestors 'none'", "unsafe-eval"),
        ("script-src 'self'; script-src-elem *; frame-ancestors 'none'", r"from \*"),
        (
            "script-src 'self'; script-src-attr 'unsafe-inline'; frame-ancestors 'none'",
            "unsafe-inline",
        ),
        ("script-src *; script-src 'self'; frame-ancestors 'none'", r"from \*"),
        ("sandbox allow-scripts; frame-ancestors 'none'", "nothing about scripts"),
        ("default-src *, script-src https:; frame-ancestors 'none'", r"from \*"),
    ],
)
def test_a_policy_that_lets_anybodys_script_run_does_not_count(policy, words):
    wrong = broken(CSP, policy)
    assert set(wrong) == {CSP}
    assert re.search(words, wrong[CSP])


def test_a_policy_that_is_only_reported_on_does_not_count():
    headers = {name: value for name, value in SOUND.items() if name != CSP}
    headers |= {f"{CSP}-report-only": SOUND[CSP], "x-frame-options": "DENY"}
    assert missing(headers) == {CSP: "missing (a report-only policy stops nothing)"}


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json", "text/csv", ""])
def test_data_need_only_be_kept_out_of_frames(kind):
    assert missing(SOUND | {"content-type": kind, CSP: "frame-ancestors 'none'"}) == {}
    assert set(missing(SOUND | {"content-type": kind, CSP: "img-src 'self'"})) == {CSP, "framing"}


@pytest.mark.parametrize("kind", [HTML, "application/xhtml+xml", "image/svg+xml", "text/xml"])
def test_what_can_run_scripts_needs_a_policy_about_scripts(kind):
    assert set(missing(SOUND | {"content-type": kind, CSP: "frame-ancestors 'none'"})) == {CSP}


@pytest.mark.parametrize(
    "ancestors",
    ["'none'", "'self'", "", "'self' https://portal.example.com", "https://*.example.com"],
)
def test_named_origins_may_frame_a_page(ancestors):
    assert broken(CSP, f"default-src 'self'; frame-ancestors {ancestors}") == {}


@pytest.mark.parametrize("ancestors", ["*", "'self' https:", "http://*", "*.com"])
@pytest.mark.parametrize("option", ["DENY", None])
def test_a_page_that_anybody_may_frame_is_told_whatever_the_older_header_says(ancestors, option):
    policy = f"default-src 'self'; frame-ancestors {ancestors}"
    headers = SOUND | {CSP: policy} | ({"x-frame-options": option} if option else {})
    assert set(missing(headers)) == {"framing"}


def test_of_two_policies_the_stricter_decides_about_frames():
    assert broken(CSP, "default-src 'self'; frame-ancestors *, frame-ancestors 'none'") == {}


@pytest.mark.parametrize(
    ("option", "counts"),
    [
        ("DENY", True),
        ("sameorigin", True),
        (" deny ", True),
        ("DENY, DENY", True),
        ("DENY, SAMEORIGIN", True),
        ("ALLOW-FROM https://portal.example.com", False),
        ("ALLOWALL", False),
        ("DENY; mode=block", False),
        ("", False),
    ],
)
def test_x_frame_options_count_where_no_policy_speaks_of_frames(option, counts):
    headers = SOUND | {CSP: "default-src 'self'", "x-frame-options": option}
    assert set(missing(headers)) == (set() if counts else {"framing"})


@pytest.mark.parametrize(
    "value",
    [
        YEAR,
        'MAX-AGE="63072000" ; preload;  includeSubDomains',
        f"includeSubDomains; {YEAR}",
        "max-age = 31536000;",
        f"{YEAR}, max-age=0",
    ],
)
def test_a_year_of_https_counts(value):
    assert broken(HSTS, value) == {}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (None, "missing"),
        ("", "missing"),
        ("max-age=0", "max-age of only 0 s"),
        ("max-age=31535999; includeSubDomains", "max-age of only 31535999 s"),
        ("includeSubDomains; preload", "no valid max-age in 'includeSubDomains; preload'"),
        (f"{YEAR}; max-age=0", f"no valid max-age in '{YEAR}; max-age=0'"),
        ("max-age=1y", "no valid max-age in 'max-age=1y'"),
        ("max-age=-31536000", "no valid max-age in 'max-age=-31536000'"),
        ('max-age="31536000', "no valid max-age in 'max-age=\"31536000'"),
        ("x-max-age=31536000", "no valid max-age in 'x-max-age=31536000'"),
        (f"max-age=0, {YEAR}", "max-age of only 0 s"),
    ],
)
def test_less_than_a_year_of_https_does_not_count(value, wrong):
    assert broken(HSTS, value) == {HSTS: wrong}


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("nosniff", True),
        ("NoSniff", True),
        ("nosniff, nosniff", True),
        ("nosniff,", True),
        (None, False),
        ("none", False),
        ("none, nosniff", False),
        ("no-sniff", False),
    ],
)
def test_content_types_are_not_guessed(value, counts):
    assert set(broken("x-content-type-options", value)) == (
        set() if counts else {"x-content-type-options"}
    )


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("no-referrer", True),
        ("Same-Origin", True),
        ("origin", True),
        ("origin-when-cross-origin", True),
        ("strict-origin-when-cross-origin", True),
        ("unsafe-url, strict-origin", True),
        ("no-referrer, something-of-tomorrow", True),
        ("no-referrer,", True),
        (None, False),
        ("unsafe-url", False),
        ("no-referrer-when-downgrade", False),
        ("no-referrer, unsafe-url", False),
        ("none", False),
    ],
)
def test_paths_do_not_leave_the_origin(value, counts):
    assert set(broken("referrer-policy", value)) == (set() if counts else {"referrer-policy"})


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("camera=()", True),
        ("camera=self", True),
        ('geolocation=(self "https://maps.example.com"), usb=()', True),
        ("camera=*, microphone=()", True),
        ("camera=();report-to=main", True),
        ("camera=(), camera=()", True),
        ("", False),
        ("  ", False),
        (None, False),
        ("camera=*", False),
        ("camera=(*), usb=*", False),
        ("camera 'none'; microphone 'none'", False),
        ("camera=(), nonsense", False),
    ],
)
def test_a_powerful_feature_is_restricted(value, counts):
    assert set(broken("permissions-policy", value)) == (
        set() if counts else {"permissions-policy"}
    )


@pytest.mark.parametrize(
    ("header", "value", "counts"),
    [
        ("server", "nginx", True),
        ("server", "cloudflare", True),
        ("server", "", True),
        ("x-powered-by", "Express", True),
        ("server", "nginx/1.27.1", False),
        ("server", "Apache/2 (Unix)", False),
        ("x-powered-by", "PHP/8.3.1", False),
        ("x-aspnet-version", "4.0.30319", False),
        ("x-aspnetmvc-version", "5.2", False),
    ],
)
def test_no_version_is_given_away(header, value, counts):
    assert set(broken(header, value)) == (set() if counts else {"server"})
