"""Names and passwords that products ship with, and what people put first.

From the vendors' own manuals of network gear, databases and web consoles; public for decades.
"""

PAIRS: tuple[tuple[str, str], ...] = (
    *(("admin", word) for word in ("admin", "password", "admin123", "changeme", "1234")),
    *(("root", word) for word in ("root", "toor", "password", "admin", "calvin")),
    *(("administrator", word) for word in ("administrator", "password", "Admin123")),
    *(("user", word) for word in ("user", "password", "1234")),
    *(("test", word) for word in ("test", "test123", "password")),
    *(("guest", word) for word in ("guest", "password", "")),
    *(("support", word) for word in ("support", "password", "changeme")),
    *(("operator", word) for word in ("operator", "password")),
    *(("netadmin", word) for word in ("netadmin", "password")),
    *(("cisco", word) for word in ("cisco", "Cisco123")),
    *(("service", word) for word in ("service", "password")),
    *(("monitor", word) for word in ("monitor", "password")),
    *(("manager", word) for word in ("manager", "friend")),
    *(("demo", word) for word in ("demo", "password")),
    ("ubnt", "ubnt"),
    ("netbox", "netbox"),
    ("nautobot", "nautobot"),
    ("postgres", "postgres"),
    ("redis", "redis"),
    ("tomcat", "s3cret"),
    ("zabbix", "zabbix"),
    ("Admin", "zabbix"),
    ("nagiosadmin", "nagios"),
    ("elastic", "changeme"),
    ("pi", "raspberry"),
    ("oracle", "oracle"),
    ("sa", "sa"),
    ("super", "super"),
    ("superuser", "superuser"),
    ("sysadmin", "sysadmin"),
    ("system", "manager"),
    ("backup", "backup"),
    ("api", "api"),
    ("dev", "dev"),
    ("ansible", "ansible"),
    ("mikrotik", "mikrotik"),
    ("juniper", "juniper123"),
)
# Tried first: one pair per name, in the same order.
QUICK = tuple({name: (name, word) for name, word in reversed(PAIRS)}.values())[::-1]
# For users that really exist, besides the name itself.
COMMON = ("password", "admin", "changeme", "123456", "secret", "welcome")


def words_for(name: str) -> tuple[str, ...]:
    """What somebody of this name may have as a password."""
    own = [word for user, word in PAIRS if user == name.lower()]
    return tuple(dict.fromkeys([name, f"{name}123", *own, *COMMON]))
