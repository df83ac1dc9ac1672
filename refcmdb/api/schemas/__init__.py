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
from refcmdb.api.schemas.contacts import (
    ContactAssignmentBody,
    ContactAssignmentItem,
    ContactBody,
    ContactItem,
)
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
from refcmdb.api.schemas.places import LocationBody, LocationItem, RegionBody, RegionItem
from refcmdb.api.schemas.sealed import (
    CredentialBody,
    CredentialItem,
    CredentialSecret,
    Delivery,
    WebhookBody,
    WebhookItem,
)
from refcmdb.api.schemas.views import (
    CustomFieldBody,
    CustomFieldItem,
    SavedViewBody,
    SavedViewItem,
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
    "ContactAssignmentBody",
    "ContactAssignmentItem",
    "ContactBody",
    "ContactItem",
    "CredentialBody",
    "CredentialItem",
    "CredentialSecret",
    "Credentials",
    "CustomFieldBody",
    "CustomFieldItem",
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
    "LocationBody",
    "LocationItem",
    "PrefixBody",
    "PrefixItem",
    "RackBody",
    "RackItem",
    "RegionBody",
    "RegionItem",
    "SavedViewBody",
    "SavedViewItem",
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
