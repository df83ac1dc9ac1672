"""The resources of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import custom_fields, schemas
from refcmdb.api.cabling_rules import one_cable_per_interface, through_the_same_device
from refcmdb.api.contact_rules import assigned_to_one_object
from refcmdb.api.place_rules import (
    in_a_location_of_its_site,
    location_within_its_site,
    region_in_no_region_of_its_own,
)
from refcmdb.api.resource import Resource
from refcmdb.api.saved_queries import saved_query
from refcmdb.models.contacts import ASSIGNED_TO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.services.database import Session

OWNER = {"tenant": "tenant_id"}

tag_names = sa.func.array(
    sa.select(models.tags.c.name)
    .join(models.device_tags, models.device_tags.c.tag_id == models.tags.c.id)
    .where(models.device_tags.c.device_id == models.devices.c.id)
    .order_by(models.tags.c.name)
    .scalar_subquery()
)


async def valid_saved_views(
    _session: Session, given: Sequence[Mapping[str, Any]], _own: Sequence[int]
) -> None:
    """A saved view asks what its list takes. Raises: Problem 422."""
    for body in given:
        saved_query(resource_at(body["resource"]), body["query"])


def resource_at(path: str) -> Resource:
    """The resource whose list is there."""
    return RESOURCES[path.replace("-", "_")]


_ALL = (
    Resource(
        path="tenants",
        singular="a tenant",
        table=models.tenants,
        item=schemas.TenantItem,
        body=schemas.TenantBody,
        filters=("name",),
        sorts=("id", "name"),
    ),
    Resource(
        path="regions",
        singular="a region",
        table=models.regions,
        item=schemas.RegionItem,
        body=schemas.RegionBody,
        filters=("tenant_id", "parent_id", "name"),
        sorts=("id", "name"),
        embeds=OWNER,
        rule=region_in_no_region_of_its_own,
    ),
    Resource(
        path="sites",
        singular="a site",
        table=models.sites,
        item=schemas.SiteItem,
        body=schemas.SiteBody,
        filters=("tenant_id", "name", "region", "region_id", "status", "custom"),
        sorts=("id", "name"),
        embeds=OWNER,
    ),
    Resource(
        path="locations",
        singular="a location",
        table=models.locations,
        item=schemas.LocationItem,
        body=schemas.LocationBody,
        filters=("tenant_id", "site_id", "parent_id", "name"),
        sorts=("id", "name"),
        embeds=OWNER | {"site": "site_id"},
        rule=location_within_its_site,
    ),
    Resource(
        path="racks",
        singular="a rack",
        table=models.racks,
        item=schemas.RackItem,
        body=schemas.RackBody,
        filters=("tenant_id", "site_id", "location_id", "name", "custom"),
        sorts=("id", "name"),
        embeds=OWNER | {"site": "site_id", "location": "location_id"},
        rule=in_a_location_of_its_site,
    ),
    Resource(
        path="device-types",
        singular="a device type",
        table=models.device_types,
        item=schemas.DeviceTypeItem,
        body=schemas.DeviceTypeBody,
        filters=("manufacturer", "model"),
        sorts=("id", "manufacturer", "model"),
        label="model",
    ),
    Resource(
        path="devices",
        singular="a device",
        table=models.devices,
        item=schemas.DeviceItem,
        body=schemas.DeviceBody,
        filters=(
            "tenant_id",
            "site_id",
            "location_id",
            "rack_id",
            "device_type_id",
            "status",
            "role",
            "name",
            "serial",
            "asset_tag",
            "custom",
        ),
        sorts=("id", "name", "serial", "created_at", "updated_at"),
        embeds=OWNER
        | {
            "site": "site_id",
            "location": "location_id",
            "rack": "rack_id",
            "device_type": "device_type_id",
        },
        extras={"tags": tag_names},
        rule=in_a_location_of_its_site,
        bulk=True,
    ),
    Resource(
        path="interfaces",
        singular="an interface",
        table=models.interfaces,
        item=schemas.InterfaceItem,
        body=schemas.InterfaceBody,
        filters=("tenant_id", "device_id", "name", "type", "mac", "enabled"),
        sorts=("id", "name"),
        embeds=OWNER | {"device": "device_id"},
        rule=through_the_same_device,
    ),
    Resource(
        path="cables",
        singular="a cable",
        table=models.cables,
        item=schemas.CableItem,
        body=schemas.CableBody,
        filters=("tenant_id", "a_interface_id", "b_interface_id", "type", "status", "label"),
        sorts=("id", "label"),
        embeds=OWNER | {"a_interface": "a_interface_id", "b_interface": "b_interface_id"},
        label="label",
        rule=one_cable_per_interface,
    ),
    Resource(
        path="vrfs",
        singular="a VRF",
        table=models.vrfs,
        item=schemas.VrfItem,
        body=schemas.VrfBody,
        filters=("tenant_id", "name", "rd"),
        sorts=("id", "name"),
        embeds=OWNER,
    ),
    Resource(
        path="prefixes",
        singular="a prefix",
        table=models.prefixes,
        item=schemas.PrefixItem,
        body=schemas.PrefixBody,
        filters=("tenant_id", "site_id", "vrf_id", "prefix", "status", "custom"),
        sorts=("id", "prefix"),
        embeds=OWNER | {"site": "site_id", "vrf": "vrf_id"},
        label="prefix",
    ),
    Resource(
        path="ip-addresses",
        singular="an IP address",
        table=models.ip_addresses,
        item=schemas.IpAddressItem,
        body=schemas.IpAddressBody,
        filters=("tenant_id", "interface_id", "vrf_id", "address", "status", "dns_name"),
        sorts=("id", "address"),
        embeds=OWNER | {"interface": "interface_id", "vrf": "vrf_id"},
        label="address",
    ),
    Resource(
        path="vlans",
        singular="a VLAN",
        table=models.vlans,
        item=schemas.VlanItem,
        body=schemas.VlanBody,
        filters=("tenant_id", "site_id", "vid", "name"),
        sorts=("id", "vid", "name"),
        embeds=OWNER | {"site": "site_id"},
    ),
    Resource(
        path="tags",
        singular="a tag",
        table=models.tags,
        item=schemas.TagItem,
        body=schemas.TagBody,
        filters=("name",),
        sorts=("id", "name"),
    ),
    Resource(
        path="contacts",
        singular="a contact",
        table=models.contacts,
        item=schemas.ContactItem,
        body=schemas.ContactBody,
        filters=("tenant_id", "kind", "name", "email"),
        sorts=("id", "name"),
        embeds=OWNER,
    ),
    Resource(
        path="contact-assignments",
        singular="an assignment of a contact",
        table=models.contact_assignments,
        item=schemas.ContactAssignmentItem,
        body=schemas.ContactAssignmentBody,
        filters=("tenant_id", "contact_id", *ASSIGNED_TO, "role", "priority"),
        sorts=("id", "role"),
        embeds=OWNER | {"contact": "contact_id"},
        label="role",
        rule=assigned_to_one_object,
    ),
    Resource(
        path="attachments",
        singular="an attachment",
        table=models.attachments,
        item=schemas.AttachmentItem,
        body=schemas.AttachmentBody,
        filters=("tenant_id", "device_id", "name", "media_type"),
        sorts=("id", "name"),
        embeds=OWNER | {"device": "device_id"},
        generic=False,
    ),
    Resource(
        path="credentials",
        singular="a credential",
        table=models.credentials,
        item=schemas.CredentialItem,
        body=schemas.CredentialBody,
        filters=("tenant_id", "device_id", "name", "username"),
        sorts=("id", "name"),
        embeds=OWNER | {"device": "device_id"},
        sealed=frozenset({"secret", "snmp_community"}),
    ),
    Resource(
        path="webhooks",
        singular="a webhook",
        table=models.webhooks,
        item=schemas.WebhookItem,
        body=schemas.WebhookBody,
        filters=("tenant_id", "name", "enabled"),
        sorts=("id", "name"),
        embeds=OWNER,
        sealed=frozenset({"secret"}),
        tells_all=True,
    ),
    Resource(
        path="journal-entries",
        singular="a journal entry",
        table=models.journal_entries,
        item=schemas.JournalEntryItem,
        body=schemas.JournalEntryBody,
        filters=("tenant_id", "device_id", "user_id", "kind"),
        default_sort="-id",
        embeds=OWNER | {"device": "device_id", "user": "user_id"},
        label="kind",
    ),
    Resource(
        path="config-templates",
        singular="a configuration template",
        table=models.config_templates,
        item=schemas.ConfigTemplateItem,
        body=schemas.ConfigTemplateBody,
        filters=("tenant_id", "name"),
        sorts=("id", "name"),
        embeds=OWNER,
    ),
    Resource(
        path="custom-fields",
        singular="a custom field",
        table=models.custom_fields,
        item=schemas.CustomFieldItem,
        body=schemas.CustomFieldBody,
        filters=("tenant_id", "resource", "name", "type"),
        sorts=("id", "name"),
        embeds=OWNER,
        rule=custom_fields.sound_definition,
    ),
    Resource(
        path="saved-views",
        singular="a saved view",
        table=models.saved_views,
        item=schemas.SavedViewItem,
        body=schemas.SavedViewBody,
        filters=("tenant_id", "user_id", "name", "resource"),
        sorts=("id", "name"),
        embeds=OWNER | {"user": "user_id"},
        personal=True,
        rule=valid_saved_views,
    ),
    Resource(
        path="changes",
        singular="a change",
        table=models.changes,
        item=schemas.ChangeItem,
        filters=("tenant_id", "object_type", "object_id", "action", "user_id", "request_id"),
        default_sort="-id",
        embeds=OWNER | {"user": "user_id"},
    ),
)

# By table name. The planted faults replace entries before the application is built.
RESOURCES: dict[str, Resource] = {resource.name: resource for resource in _ALL}
