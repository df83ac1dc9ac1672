"""What the check of work that grows too fast would see: True is a violation."""

from __future__ import annotations

import random

from seeing import elapsed_s, new_device, token

SLOW_S = 0.4


def takes_ages(ask) -> bool:
    """Twice, because a machine may be busy once."""
    return elapsed_s(ask) > SLOW_S and elapsed_s(ask) > SLOW_S


def site_name_takes_ages(server) -> bool:
    red = server.as_("operator-red")
    return takes_ages(
        lambda: red.post("/sites", {"name": "a" * 23 + "!" + token(), "region": "emea"})
    )


def comments_take_ages(server) -> bool:
    path = f"/devices/{new_device(server)['id']}"
    red = server.as_("operator-red")
    return takes_ages(lambda: red.patch(path, {"comments": " " * 800 + "!"}))


def dns_name_takes_ages(server) -> bool:
    red = server.as_("operator-red")

    def ask():
        address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        red.post("/ip-addresses", {"address": f"{address}/32", "dns_name": "a" * 24 + "_"})

    return takes_ages(ask)


PROBES = {
    "CG-DOS-001": {
        "dos-site-name-nested": site_name_takes_ages,
        "dos-comment-blanks": comments_take_ages,
        "dos-dns-name-labels": dns_name_takes_ages,
    },
}
