"""What the API offers beside its resources: one module per tool, each with its ``ENDPOINTS``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import (
    alerts,
    assistant,
    attachments,
    cabling,
    computing,
    credentials,
    device_files,
    discovery,
    overview,
    pages,
    people,
    performance,
    prefixes,
    reachability,
    reports,
    saved_views,
    sessions,
    templates,
    web_app,
    webhooks,
)

if TYPE_CHECKING:
    from refcmdb.api.features.endpoint import Endpoint

# In the order of the document. Modules are added here, in this one place.
ENDPOINTS: tuple[Endpoint, ...] = (
    *sessions.ENDPOINTS,
    *pages.ENDPOINTS,
    *web_app.ENDPOINTS,
    *attachments.ENDPOINTS,
    *reports.ENDPOINTS,
    *credentials.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *device_files.ENDPOINTS,
    *discovery.ENDPOINTS,
    *reachability.ENDPOINTS,
    *templates.ENDPOINTS,
    *computing.ENDPOINTS,
    *overview.ENDPOINTS,
    *prefixes.ENDPOINTS,
    *cabling.ENDPOINTS,
    *people.ENDPOINTS,
    *saved_views.ENDPOINTS,
    *performance.ENDPOINTS,
    *alerts.ENDPOINTS,
    *assistant.ENDPOINTS,
)


def offered(*, with_assistant: bool) -> list[Endpoint]:
    """Those that the document names: an assistant that is not there is not promised."""
    return [one for one in ENDPOINTS if with_assistant or one not in assistant.ENDPOINTS]
