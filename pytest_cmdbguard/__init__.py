"""pytest --cmdbguard: acceptance criteria of a Network CMDB as pytest items, with proof."""

__version__ = "0.1.0"
