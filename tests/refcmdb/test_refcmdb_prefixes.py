"""VRFs, the tree of prefixes and the next free address, on a real server."""

from __future__ import annotations

import concurrent.futures
import ipaddress
import itertools
import os

import pytest

_blocks = itertools.count(os.getpid() % 200 * 256)


@pytest.fixture
def block() -> str:
    """The first three numbers of a /24 that no other test uses: ``11.x.y``."""
    number = next(_blocks)
    return f"11.{number >> 8 & 255}.{number & 255}"


@pytest.fixture
def make(red):
    def create(path, **body):
        answer = red.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


def tree_of(client, prefix, **query):
    answer = client.get(f"/prefixes/{prefix['id']}/tree", **query)
    assert answer.status_code == 200
    return answer.json()


def shown(tree):
    return [(node["prefix"], node["depth"]) for node in tree["items"]]


def next_of(client, prefix, **body):
    return client.post(f"/prefixes/{prefix['id']}/next-address", body)


def test_tree_shows_what_lies_where(red, make, block):
    names = ("0/24", "0/25", "0/26", "64/26", "128/25", "192/28")
    wanted = [f"{block}.{name}" for name in names]
    made = {prefix: make("/prefixes", prefix=prefix) for prefix in reversed(wanted)}
    tree = tree_of(red, made[wanted[0]])
    assert shown(tree) == list(zip(wanted, (0, 1, 2, 2, 1, 2), strict=True))
    assert [node["children"] for node in tree["items"]] == [2, 2, 0, 0, 1, 0]
    below = tree_of(red, made[wanted[3]])
    assert [parent["prefix"] for parent in below["parents"]] == wanted[:2]
    assert shown(below) == [(wanted[3], 0)]


def test_utilisation_is_what_children_and_other_addresses_take(red, make, block):
    root = make("/prefixes", prefix=f"{block}.0/24")
    child = make("/prefixes", prefix=f"{block}.0/26")
    for address in (f"{block}.1/26", f"{block}.2/24", f"{block}.200/24", f"{block}.200/32"):
        make("/ip-addresses", address=address)
    above, below = tree_of(red, root)["items"]
    assert (above["addresses"], below["addresses"]) == (3, 2)
    assert above["utilisation"] == pytest.approx((64 + 1) / 256)
    assert below["utilisation"] == pytest.approx(2 / 64)
    red.delete(f"/prefixes/{child['id']}")
    assert tree_of(red, root)["items"][0]["utilisation"] == pytest.approx(3 / 256)


def test_cut_tree_says_so_and_claims_no_utilisation_that_it_cannot_know(red, make, block):
    root = make("/prefixes", prefix=f"{block}.0/24")
    for part in ("0/25", "0/27", "32/27", "128/25"):
        make("/prefixes", prefix=f"{block}.{part}")
    tree = tree_of(red, root, limit=3)
    assert tree["truncated"]
    assert [node["utilisation"] is None for node in tree["items"]] == [True, True, True]
    tree = tree_of(red, root, limit=4)
    assert tree["truncated"]
    assert [node["utilisation"] is None for node in tree["items"]] == [True, True, False, True]
    assert not tree_of(red, root, limit=5)["truncated"]


def test_each_vrf_has_its_own_addresses(red, make, block, unique):
    vrf = make("/vrfs", name=unique(), rd=f"65000:{next(_blocks)}")
    everywhere = make("/prefixes", prefix=f"{block}.0/24")
    own = make("/prefixes", prefix=f"{block}.0/24", vrf_id=vrf["id"])
    assert (own["vrf"], everywhere["vrf"]) == (vrf["name"], None)
    assert red.post("/prefixes", {"prefix": f"{block}.0/24"}).status_code == 409
    make("/ip-addresses", address=f"{block}.1/24", vrf_id=vrf["id"])
    make("/ip-addresses", address=f"{block}.1/24")
    assert red.post("/ip-addresses", {"address": f"{block}.1/24"}).status_code == 409
    make("/prefixes", prefix=f"{block}.0/25", vrf_id=vrf["id"])
    assert [node["addresses"] for node in tree_of(red, own)["items"]] == [1, 1]
    assert [node["addresses"] for node in tree_of(red, everywhere)["items"]] == [1]
    assert next_of(red, own).json()["vrf"] == vrf["name"]
    listed = red.get("/prefixes", vrf_id=vrf["id"]).json()["items"]
    assert {prefix["vrf_id"] for prefix in listed} == {vrf["id"]}
    assert red.delete(f"/vrfs/{vrf['id']}").status_code == 409


def test_next_address_fills_the_first_gap(red, make, block):
    prefix = make("/prefixes", prefix=f"{block}.0/29")
    for number in (2, 4):
        make("/ip-addresses", address=f"{block}.{number}/32")
    taken = [next_of(red, prefix) for _ in range(4)]
    assert [answer.json()["address"] for answer in taken] == [
        f"{block}.{number}/29" for number in (1, 3, 5, 6)
    ]
    assert taken[0].headers["Location"] == f"/api/v1/ip-addresses/{taken[0].json()['id']}"
    full = next_of(red, prefix)
    assert (full.status_code, full.json()["detail"]) == (409, "the prefix has no free address")
    red.delete(f"/ip-addresses/{taken[1].json()['id']}")
    assert next_of(red, prefix).json()["address"] == f"{block}.3/29"


@pytest.mark.parametrize(
    ("end", "numbers"), [("0/31", (0, 1)), ("9/32", (9,)), ("252/30", (253, 254))]
)
def test_small_prefixes_have_the_addresses_that_hosts_can_have(red, make, block, end, numbers):
    prefix = make("/prefixes", prefix=f"{block}.{end}")
    taken = [next_of(red, prefix).json()["address"] for _ in numbers]
    assert [address.partition("/")[0] for address in taken] == [f"{block}.{n}" for n in numbers]
    assert next_of(red, prefix).status_code == 409


@pytest.mark.parametrize("last", ["255.255.255.255/32", "ffff::/16"])
def test_end_of_all_addresses_is_no_error(red, make, last):
    prefix = make("/prefixes", prefix=last)
    top = ipaddress.ip_network(last)[-1]
    make("/ip-addresses", address=f"{top}/128" if ":" in last else f"{top}/32")
    assert next_of(red, prefix).status_code == (201 if ":" in last else 409)


def test_ipv6_has_a_tree_and_a_next_address(red, make):
    site = make("/prefixes", prefix=f"2001:db8:{next(_blocks):x}::/48")
    lan = make("/prefixes", prefix=site["prefix"].replace("::/48", ":1::/64"))
    address = next_of(red, lan).json()["address"]
    assert address == lan["prefix"].replace("::/64", "::1/64")
    root, _ = tree_of(red, site)["items"]
    assert root["utilisation"] == pytest.approx(1 / 65536)
    assert [parent["prefix"] for parent in tree_of(red, lan)["parents"]] == [site["prefix"]]


def test_all_who_ask_at_once_get_an_address_of_their_own(red, make, block):
    outer = make("/prefixes", prefix=f"{block}.0/27")
    inner = make("/prefixes", prefix=f"{block}.0/28")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: next_of(red, (outer, inner)[n % 2]), range(14)))
    assert {answer.status_code for answer in answers} == {201}
    hosts = {answer.json()["address"].partition("/")[0] for answer in answers}
    assert hosts == {f"{block}.{number}" for number in range(1, 15)}


def test_taken_address_is_in_the_change_log_and_in_the_cached_tree(red, make, block):
    prefix = make("/prefixes", prefix=f"{block}.0/24")
    assert tree_of(red, prefix)["items"][0]["addresses"] == 0
    item = next_of(red, prefix, dns_name="new.example.net", status="reserved").json()
    assert (item["dns_name"], item["status"]) == ("new.example.net", "reserved")
    assert tree_of(red, prefix)["items"][0]["addresses"] == 1
    (change,) = red.get("/changes", object_type="ip_addresses", object_id=item["id"]).json()[
        "items"
    ]
    assert (change["action"], change["after"]) == ("create", item)


def test_foreign_prefix_is_answered_like_a_missing_one(red, blue, viewer, make, block):
    prefix = make("/prefixes", prefix=f"{block}.0/24")
    for answers in (
        [blue.get(f"/prefixes/{number}/tree") for number in (prefix["id"], 999_999_999)],
        [next_of(blue, {"id": number}) for number in (prefix["id"], 999_999_999)],
    ):
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert next_of(viewer, prefix).status_code == 403
    assert tree_of(red, prefix)["items"][0]["addresses"] == 0


def test_tree_holds_nothing_of_other_tenants(red, blue, admin, make, block):
    outer = make("/prefixes", prefix=f"{block}.0/24")
    inner = blue.post("/prefixes", {"prefix": f"{block}.0/25"}).json()
    blue.post("/ip-addresses", {"address": f"{block}.1/25"})
    for client in (red, admin):
        tree = tree_of(client, outer)
        assert (shown(tree), tree["items"][0]["addresses"]) == ([(f"{block}.0/24", 0)], 0)
    assert tree_of(blue, inner)["parents"] == []


def test_interface_of_another_tenant_is_refused_and_nothing_is_taken(red, blue, make, block):
    prefix = make("/prefixes", prefix=f"{block}.0/24")
    foreign = blue.get("/interfaces", limit=1).json()["items"][0]["id"]
    assert next_of(red, prefix, interface_id=foreign).status_code == 422
    assert tree_of(red, prefix)["items"][0]["addresses"] == 0


@pytest.mark.parametrize(
    "body", [{"address": "10.0.0.1"}, {"status": "x"}, {"dns_name": "a b"}, []], ids=str
)
def test_wrong_body_is_refused(red, make, block, body):
    prefix = make("/prefixes", prefix=f"{block}.0/24")
    assert red.post(f"/prefixes/{prefix['id']}/next-address", body).status_code == 422
    assert tree_of(red, prefix)["items"][0]["addresses"] == 0


@pytest.mark.parametrize("rd", ["", "65000", "a:1", "65000:1\n", "1" * 20 + ":1", ":1"])
def test_wrong_route_distinguisher_is_refused(red, unique, rd):
    assert red.post("/vrfs", {"name": unique(), "rd": rd}).status_code == 422


def test_tree_and_next_address_read_by_index(red, postgres):
    """The server of the tests has ``enable_seqscan`` off: what still reads so has no index."""
    (container,) = red.get("/prefixes", prefix="10.0.0.0/8").json()["items"]
    assert container["vrf_id"] is None
    with postgres.plans() as plans:
        assert tree_of(red, container)["items"][0]["addresses"] >= 50
        assert next_of(red, container).status_code == 201
    assert not [plan for plan in plans if "Seq Scan on ip_addresses" in plan]
    assert not [plan for plan in plans if "Seq Scan on prefixes" in plan]
    (free,) = [plan for plan in plans if "lead(" in plan]
    assert "Sort" not in free  # it stops at the first gap
