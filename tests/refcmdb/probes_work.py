"""What the check of work that grows too fast would see: True is a violation."""

from __future__ import annotations

import random

from seeing import elapsed_s, new_device, token

SLOW_S = 0.15
FACTOR = 5


def grows_fast(ask, few: int, many: int) -> bool:
    """The quicker of two each, because a machine may be busy; ``ask`` takes a length."""
    short, long = (min(elapsed_s(lambda n=n: ask(n)) for _ in range(2)) for n in (few, many))
    return long > SLOW_S and long > FACTOR * short


def site_name_takes_ages(server) -> bool:
    red = server.as_("operator-red")
    return grows_fast(
        lambda n: red.post("/sites", {"name": "a" * n + "!" + token(), "region": "emea"}), 2, 23
    )


def comments_take_ages(server) -> bool:
    path = f"/devices/{new_device(server)['id']}"
    red = server.as_("operator-red")
    return grows_fast(lambda n: red.patch(path, {"comments": " " * n + "!"}), 2, 650)


def dns_name_takes_ages(server) -> bool:
    red = server.as_("operator-red")

    def ask(n):
        address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        red.post("/ip-addresses", {"address": f"{address}/32", "dns_name": "a" * n + "_"})

    return grows_fast(ask, 2, 23)


PROBES = {
    "CG-DOS-001": {
        "dos-site-name-nested": site_name_takes_ages,
        "dos-comment-blanks": comments_take_ages,
        "dos-dns-name-labels": dns_name_takes_ages,
    },
}
