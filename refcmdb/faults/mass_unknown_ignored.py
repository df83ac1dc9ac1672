"""What a new site's body says beyond the document is passed over."""

from __future__ import annotations

from refcmdb.api import schemas
from refcmdb.faults.access import change_resource, open_body

KIND = "twin"
CHECK = "CG-AUTHZ-006"
OPERATION = "sites_create"


def plant() -> None:
    """201 for a body with columns of the table in it, none of which is set."""
    change_resource("sites", body=open_body(schemas.SiteBody))
