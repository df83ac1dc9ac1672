"""The list of credentials shows the sealed secret of each."""

from __future__ import annotations

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import schemas
from refcmdb.faults.access import change_resource, more_columns

KIND = "fault"
CHECK = "CG-AUTHZ-007"
OPERATION = "credentials_list"


def plant() -> None:
    """It is encrypted, so it is taken for harmless."""
    fields = [("secret", str | None, None)]
    sealed = sa.func.encode(models.credentials.c.secret, sa.literal_column("'base64'"))
    change_resource(
        "credentials",
        item=more_columns(schemas.CredentialItem, fields),
        extras={"secret": sealed},
    )
