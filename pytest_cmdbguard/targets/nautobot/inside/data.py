"""``data.py RECORDS``: fills a migrated database; runs in Nautobot's own interpreter.

Two tenants share the devices and everything around them; per tenant there is an operator, who may
do all with its objects, and a viewer, who may read them. Names and serials are the same each time.
"""

import sys

import nautobot

nautobot.setup()

from django.contrib.contenttypes.models import ContentType  # noqa: E402 - models need the set-up
from nautobot.dcim import models as dcim  # noqa: E402
from nautobot.extras.models import Role, Status, Tag  # noqa: E402
from nautobot.ipam.models import VLAN, Namespace, Prefix  # noqa: E402
from nautobot.tenancy.models import Tenant  # noqa: E402
from nautobot.users.models import ObjectPermission, Token, User  # noqa: E402

BATCH = 2000
SITES = 40
COLORS = ("red", "blue")
# How a row of a model is known to belong to a tenant.
OWNED = {
    dcim.Device: "tenant__name",
    dcim.Location: "tenant__name",
    dcim.Rack: "tenant__name",
    dcim.Interface: "device__tenant__name",
    VLAN: "tenant__name",
    Prefix: "tenant__name",
}
SHARED = (
    *(Tenant, Tag, Status, Role, Namespace),
    *(dcim.Manufacturer, dcim.DeviceType, dcim.LocationType),
)
ACTIONS = {"viewer": ["view"], "operator": ["view", "add", "change", "delete"]}


def main(records: int) -> None:
    """Make the rows, then the users."""
    active = Status.objects.get(name="Active")
    tenants = [Tenant.objects.create(name=color) for color in COLORS]
    sites = make_sites(tenants, active)
    devices = make_devices(records, sites, active)
    interfaces = (
        dcim.Interface(device=device, name="eth0", type="1000base-t", status=active)
        for device in devices
    )
    insert(dcim.Interface, interfaces)
    for number, tenant in enumerate(tenants):
        insert(
            VLAN,
            (
                VLAN(vid=v, name=f"vlan-{v}", tenant=tenant, status=active)
                for v in range(100 + number, 400, 2)
            ),
        )
        for block in range(50):
            Prefix.objects.create(prefix=f"10.{number}.{block}.0/24", tenant=tenant, status=active)
    for label in ("core", "edge", "spare"):
        tag = Tag.objects.create(name=label)
        tag.content_types.add(ContentType.objects.get_for_model(dcim.Device))
    make_users()


def make_sites(tenants: list, active: Status) -> list:
    """Locations of both tenants in turn, with a rack each."""
    kind = dcim.LocationType.objects.create(name="Site", nestable=True)
    names = ("device", "rack", "vlan", "prefix")
    kind.content_types.set(ContentType.objects.filter(model__in=names))
    sites = [
        dcim.Location.objects.create(
            name=f"site-{number:02}",
            location_type=kind,
            status=active,
            tenant=tenants[number % 2],
        )
        for number in range(SITES)
    ]
    for site in sites:
        dcim.Rack.objects.create(
            name=f"rack-{site.name}", location=site, status=active, tenant=site.tenant
        )
    return sites


def make_devices(records: int, sites: list, active: Status) -> list:
    """The devices, spread over the sites, each of its site's tenant."""
    role = Role.objects.create(name="Access")
    role.content_types.add(ContentType.objects.get_for_model(dcim.Device))
    maker = dcim.Manufacturer.objects.create(name="Acme")
    kinds = [
        dcim.DeviceType.objects.create(manufacturer=maker, model=f"X{number}")
        for number in range(5)
    ]
    devices = [
        dcim.Device(
            name=f"dev-{number:06}",
            serial=f"S{number * 7919 % 10**8:08}",
            location=sites[number % SITES],
            tenant=sites[number % SITES].tenant,
            device_type=kinds[number % 5],
            role=role,
            status=active,
        )
        for number in range(records)
    ]
    insert(dcim.Device, devices)
    return devices


def insert(model: type, rows: object) -> None:
    """In large statements, past the change log: that is what a first import is."""
    model.objects.bulk_create(rows, batch_size=BATCH)


def make_users() -> None:
    """One administrator, and per tenant an operator and a viewer, each with a token."""
    admin = User.objects.create_superuser("admin", "admin@example.invalid", None)
    Token.objects.create(user=admin)
    shared = [ContentType.objects.get_for_model(model) for model in SHARED]
    for color in COLORS:
        for role, actions in ACTIONS.items():
            user = User.objects.create_user(f"{role}-{color}")
            Token.objects.create(user=user)
            permit(user, "shared", ["view"], shared, {})
            for model, path in OWNED.items():
                kinds = [ContentType.objects.get_for_model(model)]
                permit(user, model.__name__, actions, kinds, {path: color})


def permit(user: User, name: str, actions: list, kinds: list, constraints: dict) -> None:
    """An object permission; its constraints are a filter of the rows."""
    permission = ObjectPermission.objects.create(
        name=f"{user.username} {name}", actions=actions, constraints=constraints
    )
    permission.object_types.set(kinds)
    permission.users.add(user)


if __name__ == "__main__":
    main(int(sys.argv[1]))
