"""What the checks of GraphQL would see: True is a violation."""

from __future__ import annotations

import requests
from seeing import token


def asked(server, document: str, **variables):
    headers = {"Authorization": f"Bearer {server.tokens['viewer-red']}"}
    body = {"query": document, "variables": variables}
    url = f"{server.base}/graphql"
    reply = requests.post(url, json=body, headers=headers, timeout=15)
    return reply.json() if reply.ok else {}


def fails_only_with(server, document: str, make) -> bool:
    """Whether a quote that is closed again by the text after it makes an error."""
    quiet, loud = (
        asked(server, document, text=make(part)) for part in ("", "' and 1=1/0 and '1'='1")
    )
    return "data" in quiet and "errors" not in quiet and "errors" in loud


def search_is_sql(server) -> bool:
    text = "query q($text: String) { devices(search: $text) { id } }"
    return fails_only_with(server, text, lambda part: f"{token()}{part}")


def status_is_sql(server) -> bool:
    text = 'query q($text: String) { filtered(where: {serial: "x", status: $text}) { id } }'
    return fails_only_with(server, text, lambda part: f"active{part}")


def label_is_an_expression(server) -> bool:
    answer = asked(server, "query q($text: String!) { label(text: $text) }", text="6*7")
    return answer.get("data") == {"label": "42"}


PROBES = {
    "CG-GQL-001": {
        "gql-search-concat": search_is_sql,
        "gql-input-concat": status_is_sql,
    },
    "CG-GQL-002": {"gql-label-evaluated": label_is_an_expression},
}
