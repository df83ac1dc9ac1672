"""What the checks of access control would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import new_device, token


def foreign_site_is_read(server) -> bool:
    name = token()
    site = server.as_("operator-blue").post("/sites", {"name": name, "region": "x"}).json()
    reply = server.as_("viewer-red").get(f"/sites/{site['id']}")
    return name in reply.text


def foreign_interfaces_are_listed(server) -> bool:
    reply = server.as_("viewer-red").get("/interfaces", tenant_id=2)
    return bool(reply.json()["items"])


def foreign_device_is_changed(server) -> bool:
    number = new_device(server, "blue")["id"]
    refused = server.as_("operator-red").patch(f"/devices/{number}", {"comments": "mine"})
    assert refused.status_code in {403, 404}
    return server.as_("viewer-blue").get(f"/devices/{number}").json()["comments"] == "mine"


def foreign_vlan_is_deleted(server) -> bool:
    vlans = server.as_("viewer-blue").get("/vlans", limit=1, sort="-id").json()["items"]
    server.as_("operator-red").delete(f"/vlans/{vlans[0]['id']}")
    return server.as_("viewer-blue").get(f"/vlans/{vlans[0]['id']}").status_code == 404


PROBES = {
    "CG-AUTHZ-001": {
        "authz-site-detail-unscoped": foreign_site_is_read,
        "authz-tenant-filter-overrides": foreign_interfaces_are_listed,
    },
    "CG-AUTHZ-002": {
        "authz-patch-then-check": foreign_device_is_changed,
        "authz-vlan-delete-unscoped": foreign_vlan_is_deleted,
    },
}
