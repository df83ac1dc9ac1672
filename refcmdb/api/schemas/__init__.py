"""What goes in and out per resource.

An item lists its fields in the order of the SELECT list; a body is what a create takes. What a
patch takes follows from the body (``Resource.patch``).
"""

from refcmdb.api.schemas.access import Credentials, IssuedToken, TenantBody, TenantItem
from refcmdb.api.schemas.addressing import (
    IpAddressBody,
    IpAddressItem,
    PrefixBody,
    PrefixItem,
    VlanBody,
    VlanItem,
    VrfBody,
    VrfItem,
)
from refcmdb.api.schemas.automation import ConfigTemplateBody, ConfigTemplateItem
from refcmdb.api.schemas.cabling import CableBody, CableItem
from refcmdb.api.schemas.files import AttachmentBody, AttachmentItem, Attachments, AttachmentSource
from refcmdb.api.schemas.inventory import (
    DeviceBody,
    DeviceItem,
    DeviceTypeBody,
    DeviceTypeItem,
    InterfaceBody,
    InterfaceItem,
    RackBody,
    RackItem,
    SiteBody,
    SiteItem,
    TagBody,
    TagItem,
)
from refcmdb.api.schemas.journal import ChangeItem, JournalEntryBody, JournalEntryItem
from refcmdb.api.schemas.sealed import (
    CredentialBody,
    CredentialItem,
    CredentialSecret,
    Delivery,
    WebhookBody,
    WebhookItem,
)

__all__ = [
    "AttachmentBody",
    "AttachmentItem",
    "AttachmentSource",
    "Attachments",
    "CableBody",
    "CableItem",
    "ChangeItem",
    "ConfigTemplateBody",
    "ConfigTemplateItem",
    "CredentialBody",
    "CredentialItem",
    "CredentialSecret",
    "Credentials",
    "Delivery",
    "DeviceBody",
    "DeviceItem",
    "DeviceTypeBody",
    "DeviceTypeItem",
    "InterfaceBody",
    "InterfaceItem",
    "IpAddressBody",
    "IpAddressItem",
    "IssuedToken",
    "JournalEntryBody",
    "JournalEntryItem",
    "PrefixBody",
    "PrefixItem",
    "RackBody",
    "RackItem",
    "SiteBody",
    "SiteItem",
    "TagBody",
    "TagItem",
    "TenantBody",
    "TenantItem",
    "VlanBody",
    "VlanItem",
    "VrfBody",
    "VrfItem",
    "WebhookBody",
    "WebhookItem",
]
