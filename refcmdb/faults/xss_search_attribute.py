"""The search page escapes angle brackets, and no quotes, in what it puts back into its field."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "devices_page"


def plant() -> None:
    """Escaping by hand."""
    by_hand = "{{ (q | string).replace('<', '&lt;').replace('>', '&gt;') | safe }}"
    rewrite_template("devices.html", 'value="{{ q }}"', f'value="{by_hand}"')
