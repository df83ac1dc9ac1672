"""refcmdb: a small but real Network CMDB, the default target of pytest-cmdbguard."""

__version__ = "0.1.0"
