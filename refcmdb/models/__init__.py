"""The tables of the CMDB, as SQLAlchemy metadata; importing this package knows all of them."""

from refcmdb.models.access import api_tokens, tenants, users
from refcmdb.models.addressing import ip_addresses, prefixes, vlans, vrfs
from refcmdb.models.automation import config_templates
from refcmdb.models.cabling import cables
from refcmdb.models.columns import metadata
from refcmdb.models.contacts import contact_assignments, contacts
from refcmdb.models.files import attachments
from refcmdb.models.inventory import (
    device_tags,
    device_types,
    devices,
    interfaces,
    racks,
    sites,
    tags,
)
from refcmdb.models.journal import changes, journal_entries
from refcmdb.models.places import locations, regions
from refcmdb.models.sealed import credentials, webhooks
from refcmdb.models.sessions import sessions
from refcmdb.models.views import custom_fields, saved_views

__all__ = [
    "api_tokens",
    "attachments",
    "cables",
    "changes",
    "config_templates",
    "contact_assignments",
    "contacts",
    "credentials",
    "custom_fields",
    "device_tags",
    "device_types",
    "devices",
    "interfaces",
    "ip_addresses",
    "journal_entries",
    "locations",
    "metadata",
    "prefixes",
    "racks",
    "regions",
    "saved_views",
    "sessions",
    "sites",
    "tags",
    "tenants",
    "users",
    "vlans",
    "vrfs",
    "webhooks",
]
