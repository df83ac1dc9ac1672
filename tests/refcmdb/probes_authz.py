"""What the checks of access control would see, in its simplest form: True is a violation."""

from __future__ import annotations

import json
import os

import requests
from seeing import new_device, token


def made(server, user: str, path: str, **body) -> dict:
    response = server.as_(user).post(path, body)
    assert response.status_code == 201, response.text
    return response.json()


def new_site(server, color: str, **fields) -> dict:
    return made(server, f"operator-{color}", "/sites", name=token(), region="x", **fields)


def new_vlan(server, color: str) -> dict:
    site = new_site(server, color)["id"]
    return made(server, f"operator-{color}", "/vlans", site_id=site, vid=7, name=token())


def new_interface(server, color: str) -> dict:
    device = new_device(server, color)["id"]
    return made(server, f"operator-{color}", "/interfaces", device_id=device, name=token())


def foreign_site_is_read(server) -> bool:
    name = token()
    site = server.as_("operator-blue").post("/sites", {"name": name, "region": "x"}).json()
    reply = server.as_("viewer-red").get(f"/sites/{site['id']}")
    return name in reply.text


def foreign_interfaces_are_listed(server) -> bool:
    reply = server.as_("viewer-red").get("/interfaces", tenant_id=2)
    return bool(reply.json()["items"])


def interfaces_of_a_foreign_device_are_listed(server) -> bool:
    interface = new_interface(server, "blue")
    reply = server.as_("viewer-red").get("/interfaces", device_id=interface["device_id"])
    return interface["name"] in reply.text


def foreign_site_is_counted(server) -> bool:
    site = new_site(server, "blue")["id"]
    paths = (f"/sites/{site}/summary", f"/sites/{site}")
    return [server.as_("viewer-red").get(path).status_code for path in paths] == [200, 404]


def foreign_interface_is_read_below_an_own_device(server) -> bool:
    own, interface = new_device(server)["id"], new_interface(server, "blue")
    reply = server.as_("viewer-red").get(f"/devices/{own}/interfaces/{interface['id']}")
    return interface["name"] in reply.text


def foreign_attachment_is_downloaded(server) -> bool:
    number, content = new_device(server, "blue")["id"], token()
    files = {"file": ("note.txt", content, "text/plain")}
    path = f"/devices/{number}/attachments"
    added = server.as_("operator-blue")("POST", path, files=files).json()
    return content in server.as_("viewer-red").get(f"/attachments/{added['id']}/content").text


def saved_view(server, user: str, **fields) -> int:
    body = {"name": token(), "resource": "devices", "shared": True} | fields
    return made(server, user, "/saved-views", **body)["id"]


def foreign_view_is_read(server) -> bool:
    view = saved_view(server, "operator-blue")
    return server.as_("viewer-red").get(f"/saved-views/{view}").status_code == 200


def view_shows_a_foreign_device(server) -> bool:
    name = new_device(server, "blue")["name"]
    view = saved_view(server, "admin", tenant_id=1, query=f"q={name}")
    path = f"/saved-views/{view}/results"
    assert name in server.as_("admin").get(path).text
    return name in server.as_("viewer-red").get(path).text


def file_is_attached_to_a_foreign_device(server) -> bool:
    number = new_device(server, "blue")["id"]
    files = {"file": ("note.txt", token(), "text/plain")}
    server.as_("operator-red")("POST", f"/devices/{number}/attachments", files=files)
    attached = server.as_("viewer-blue").get("/attachments", device_id=number).json()
    return bool(attached["items"])


def stranger_finds_anything(server) -> bool:
    name, view = (
        new_device(server, "blue")["name"],
        saved_view(server, "operator-red", shared=False),
    )
    if server.as_("viewer-red").get(f"/saved-views/{view}").status_code == 200:
        return True
    return bool(server.as_("viewer-red").get("/devices", q=name).json()["items"])


def foreign_device_is_changed(server) -> bool:
    number = new_device(server, "blue")["id"]
    refused = server.as_("operator-red").patch(f"/devices/{number}", {"comments": "mine"})
    assert refused.status_code == 404
    return server.as_("viewer-blue").get(f"/devices/{number}").json()["comments"] == "mine"


def foreign_vlan_is_deleted(server) -> bool:
    vlan = new_vlan(server, "blue")["id"]
    server.as_("operator-red").delete(f"/vlans/{vlan}")
    return server.as_("viewer-blue").get(f"/vlans/{vlan}").status_code == 404


def foreign_device_is_retired(server) -> bool:
    own, foreign = new_device(server)["id"], new_device(server, "blue")["id"]
    server.as_("operator-red").post("/devices/retire", {"ids": [own, foreign]})
    return server.as_("viewer-blue").get(f"/devices/{foreign}").json()["status"] == "retired"


def foreign_device_goes_in_bulk(server) -> bool:
    own, foreign = new_device(server)["id"], new_device(server, "blue")["id"]
    chosen = [{"id": own}, {"id": foreign}]
    server.as_("operator-red")("DELETE", "/devices/bulk", json=chosen)
    return server.as_("viewer-blue").get(f"/devices/{foreign}").status_code == 404


def foreign_path_is_shown(server) -> bool:
    own = server.as_("viewer-blue").get("/interfaces", limit=1).json()["items"][0]["id"]
    return server.as_("viewer-red").get(f"/interfaces/{own}/trace").status_code == 200


def foreign_impact_is_shown(server) -> bool:
    foreign = new_device(server, "blue")["id"]
    return server.as_("viewer-red").get(f"/devices/{foreign}/impact").status_code == 200


def viewer_deletes_a_vlan(server) -> bool:
    vlan = new_vlan(server, "red")["id"]
    server.as_("viewer-red").delete(f"/vlans/{vlan}")
    return server.as_("viewer-red").get(f"/vlans/{vlan}").status_code == 404


def viewer_creates_in_bulk(server) -> bool:
    body = {"name": token(), "serial": token(), "site_id": 1, "device_type_id": 1}
    server.as_("viewer-red").post("/devices/bulk", [body])
    return bool(server.as_("viewer-red").get("/devices", name=body["name"]).json()["items"])


def operator_adds_a_device_type(server) -> bool:
    body = {"manufacturer": token(), "model": token()}
    server.as_("operator-red").post("/device-types", body)
    listed = server.as_("viewer-red").get("/device-types", model=body["model"])
    return bool(listed.json()["items"])


def viewer_changes_or_adds(server) -> bool:
    number, name = new_device(server)["id"], token()
    server.as_("viewer-red").patch(f"/devices/{number}", {"comments": "by a viewer"})
    server.as_("viewer-red").post("/sites", {"name": name, "region": "x"})
    changed = server.as_("admin").get(f"/devices/{number}").json()["comments"] == "by a viewer"
    return changed or bool(server.as_("admin").get("/sites", name=name).json()["items"])


def site_is_made_for_another(server) -> bool:
    name = token()
    body = {"name": name, "region": "x", "tenant_id": 2}
    server.as_("operator-red").post("/sites", body)
    return bool(server.as_("viewer-blue").get("/sites", name=name).json()["items"])


def vlan_is_given_away(server) -> bool:
    vlan = new_vlan(server, "red")["id"]
    server.as_("operator-red").patch(f"/vlans/{vlan}", {"tenant_id": 2})
    return server.as_("viewer-blue").get(f"/vlans/{vlan}").status_code == 200


def second_device_stands_in_a_foreign_site(server) -> bool:
    bodies = [
        {"name": token(), "serial": token(), "site_id": site, "device_type_id": 1}
        for site in (1, new_site(server, "blue")["id"])
    ]
    return server.as_("operator-red").post("/devices/bulk", bodies).status_code == 201


def interface_is_on_a_foreign_device(server) -> bool:
    body = {"device_id": new_device(server, "blue")["id"], "name": token()}
    return server.as_("operator-red").post("/interfaces", body).status_code == 201


def device_stands_in_a_foreign_rack(server) -> bool:
    site = new_site(server, "blue")["id"]
    rack = made(server, "operator-blue", "/racks", site_id=site, name=token())["id"]
    body = {"name": token(), "serial": token(), "site_id": 1, "device_type_id": 1}
    reply = server.as_("operator-red").post("/devices", body | {"rack_id": rack})
    return reply.json().get("rack_id") == rack


def contact_is_of_a_foreign_object(server) -> bool:
    contact = made(server, "operator-red", "/contacts", name=token())["id"]
    body = {"contact_id": contact, "role": "on-call", "site_id": new_site(server, "blue")["id"]}
    return server.as_("operator-red").post("/contact-assignments", body).status_code == 201


def statuses(client, method: str, path: str, number: int) -> set[int]:
    return {client(method, path.format(n)).status_code for n in (number, 2_000_000_000)}


def foreign_device_is_refused_otherwise(server) -> bool:
    number = new_device(server, "blue")["id"]
    return len(statuses(server.as_("viewer-red"), "GET", "/devices/{}", number)) > 1


def foreign_site_is_refused_otherwise(server) -> bool:
    number = new_site(server, "blue")["id"]
    return len(statuses(server.as_("operator-red"), "DELETE", "/sites/{}", number)) > 1


def foreign_serial_is_a_duplicate(server) -> bool:
    serial = new_device(server, "blue")["serial"]
    body = {"name": token(), "serial": serial, "site_id": 1, "device_type_id": 1}
    return server.as_("operator-red").post("/devices", body).status_code == 409


def other_refusals_differ(server) -> bool:
    site = new_site(server, "blue")["id"]
    rack = made(server, "operator-blue", "/racks", site_id=site, name=token())["id"]
    red = server.as_("viewer-red")
    found = [statuses(red, "GET", "/sites/{}", site), statuses(red, "GET", "/racks/{}", rack)]
    return any(len(one) > 1 for one in found)


OLD = "2001-02-03T04:05:06Z"


def device_says_when_it_was_made(server) -> bool:
    body = {"name": token(), "serial": token(), "site_id": 1, "device_type_id": 1}
    reply = server.as_("operator-red").post("/devices", body | {"created_at": OLD})
    return reply.json().get("created_at") == OLD


def device_is_said_to_be_old(server) -> bool:
    number = new_device(server)["id"]
    reply = server.as_("operator-red").patch(f"/devices/{number}", {"created_at": OLD})
    return reply.json().get("created_at") == OLD


def chosen_number_is_taken(server) -> bool:
    number = 1_234_567
    site = {"name": token(), "region": "x", "id": number}
    rack = {"name": token(), "site_id": 1, "id": number}
    server.as_("operator-red").post("/sites", site)
    server.as_("operator-red").post("/racks", rack)
    asked = (server.as_("admin").get(f"/{kind}/{number}") for kind in ("sites", "racks"))
    return any(reply.status_code == 200 for reply in asked)


def shows(server, path: str, *words: str) -> bool:
    text = server.as_("admin").get(path).text
    return any(word in text for word in words)


def hashes_are_shown(server) -> bool:
    return shows(server, "/users", "$argon2")


def envelopes_are_shown(server) -> bool:
    device = new_device(server)["id"]
    body = {"device_id": device, "name": token(), "username": "a", "secret": token()}
    made(server, "operator-red", "/credentials", **body)
    return shows(server, "/credentials", '"secret":')


def search_text_is_shown(server) -> bool:
    return shows(server, "/racks", '"search_text":')


def other_lists_show_a_secret(server) -> bool:
    return shows(server, "/devices", "$argon2") or shows(server, "/tenants", "$argon2")


def devices_are_exported_to_nobody(server) -> bool:
    name = new_device(server)["name"]
    return name in server.as_(None).get("/devices/export", q=name).text


def tag_is_deleted_by_nobody(server) -> bool:
    tag = made(server, "admin", "/tags", name=token())["id"]
    server.as_(None).delete(f"/tags/{tag}")
    return server.as_("viewer-red").get(f"/tags/{tag}").status_code == 404


def vlans_are_listed_for_a_made_up_token(server) -> bool:
    headers = {"Authorization": "Bearer " + "x" * 43}
    reply = requests.get(f"{server.base}/api/v1/vlans", headers=headers, timeout=10)
    return reply.status_code == 200


def nobody_sees_or_deletes(server) -> bool:
    a, b = os.urandom(2)
    prefix = made(server, "operator-red", "/prefixes", prefix=f"10.{a}.{b}.252/32", site_id=1)
    number = prefix["id"]
    server.as_(None).delete(f"/prefixes/{number}")
    gone = server.as_("viewer-red").get(f"/prefixes/{number}").status_code == 404
    server.as_("operator-red").delete(f"/prefixes/{number}")
    return gone or bool(json.loads(server.as_(None).get("/tags").text).get("items"))


PROBES = {
    "CG-AUTHZ-001": {
        "authz-trace-any-interface": foreign_path_is_shown,
        "authz-impact-any-device": foreign_impact_is_shown,
        "authz-site-detail-unscoped": foreign_site_is_read,
        "authz-tenant-filter-overrides": foreign_interfaces_are_listed,
        "authz-interfaces-by-device": interfaces_of_a_foreign_device_are_listed,
        "authz-site-counts": foreign_site_is_counted,
        "authz-interface-parent-only": foreign_interface_is_read_below_an_own_device,
        "authz-attachment-by-number": foreign_attachment_is_downloaded,
        "authz-view-of-any-tenant": foreign_view_is_read,
        "authz-view-results-unscoped": view_shows_a_foreign_device,
        "": stranger_finds_anything,
    },
    "CG-AUTHZ-002": {
        "authz-patch-then-check": foreign_device_is_changed,
        "authz-vlan-delete-unscoped": foreign_vlan_is_deleted,
        "authz-attachment-on-any-device": file_is_attached_to_a_foreign_device,
        "authz-retire-first-only": foreign_device_is_retired,
        "authz-bulk-delete-first-only": foreign_device_goes_in_bulk,
    },
    "CG-AUTHZ-003": {
        "bfla-viewer-deletes-vlans": viewer_deletes_a_vlan,
        "bfla-viewer-bulk-creates": viewer_creates_in_bulk,
        "bfla-operator-adds-device-types": operator_adds_a_device_type,
        "": viewer_changes_or_adds,
    },
    "CG-AUTHZ-004": {
        "authz-create-for-tenant": site_is_made_for_another,
        "authz-patch-moves-vlan": vlan_is_given_away,
        "authz-bulk-first-reference": second_device_stands_in_a_foreign_site,
        "authz-contact-of-any-object": contact_is_of_a_foreign_object,
        "authz-interface-any-device": interface_is_on_a_foreign_device,
        "": device_stands_in_a_foreign_rack,
    },
    "CG-AUTHZ-005": {
        "existence-device-403": foreign_device_is_refused_otherwise,
        "existence-site-in-use": foreign_site_is_refused_otherwise,
        "existence-serial-everywhere": foreign_serial_is_a_duplicate,
        "": other_refusals_differ,
    },
    "CG-AUTHZ-006": {
        "mass-device-created-at": device_says_when_it_was_made,
        "mass-patch-created-at": device_is_said_to_be_old,
        "": chosen_number_is_taken,
    },
    "CG-AUTHZ-007": {
        "exposure-password-hash": hashes_are_shown,
        "exposure-credential-envelope": envelopes_are_shown,
        "exposure-search-text": search_text_is_shown,
        "": other_lists_show_a_secret,
    },
    "CG-AUTHZ-008": {
        "anonymous-export": devices_are_exported_to_nobody,
        "anonymous-tag-deleted": tag_is_deleted_by_nobody,
        "anonymous-any-token": vlans_are_listed_for_a_made_up_token,
        "": nobody_sees_or_deletes,
    },
}
