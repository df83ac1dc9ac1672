"""What the checks of headers and of validation would see: True is a violation."""

from __future__ import annotations

from seeing import headers_lack, token


def error_lacks_headers(server) -> bool:
    return headers_lack(server, "/devices/999999999", 404)


def page_lacks_headers(server) -> bool:
    return headers_lack(server, "//", 200)


def long_serial_is_500(server) -> bool:
    body = {"name": token(), "serial": "x" * 51, "site_id": 1, "device_type_id": 1}
    return server.as_("operator-red").post("/devices", body).status_code == 500


def refused_device_is_there(server) -> bool:
    name = token()
    body = {"name": name, "serial": name, "site_id": 1, "device_type_id": 1, "status": "no"}
    assert server.as_("operator-red").post("/devices", body).status_code == 422
    return bool(server.as_("operator-red").get("/devices", name=name).json()["items"])


def nul_in_a_filter_is_500(server) -> bool:
    return server.as_("viewer-red").get("/tags", name="a\x00b").status_code == 500


def number_beyond_64_bits_is_500(server) -> bool:
    return server.as_("viewer-red").get(f"/sites/{10**40}").status_code == 500


PROBES = {
    "CG-HDR-001": {
        "headers-missing-on-errors": error_lacks_headers,
        "headers-missing-on-page": page_lacks_headers,
    },
    "CG-VAL-001": {
        "validation-serial-unchecked": long_serial_is_500,
        "validation-after-write": refused_device_is_there,
    },
    "CG-VAL-002": {
        "validation-filter-unchecked": nul_in_a_filter_is_500,
        "validation-number-unbounded": number_beyond_64_bits_is_500,
    },
}
