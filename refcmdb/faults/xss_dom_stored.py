"""The sheet of a device fetches the device's JSON and writes its comments as markup."""

from __future__ import annotations

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-002"
OPERATION = "devices_update"


def plant() -> None:
    """The comments are refreshed by a script."""
    frontend.PAGE_POLICY = frontend.PAGE_POLICY.replace("'nonce-{nonce}'", "'unsafe-inline'")
    rewrite_template("device.html", "const wanted = ", REFRESH + "const wanted = ")


REFRESH = """
fetch(location.pathname.replace("/ui", "/api/v1"))
  .then((answer) => answer.json())
  .then((device) => { document.getElementById("note").innerHTML = device.comments; });
"""
