"""ZAP as the run uses it. This is the only module that imports ``zapv2``."""

from __future__ import annotations

import dataclasses
import functools
import time
from typing import TYPE_CHECKING, Any, Literal

import requests
from zapv2 import ZAPv2

from pytest_cmdbguard.errors import ServiceDied, ServiceError
from pytest_cmdbguard.model import Severity, cwe_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from pytest_cmdbguard.model import Finding

NAME = "ZAP"
TIMEOUT_S = 30.0  # a scan of its own keeps it busy
Level = Literal["core", "full"]
RULES = frozenset({"ascanrules", "pscan", "pscanrules"})
PAGE = 500
# ZAP has no "critical"
RISK_IDS = {Severity.CRITICAL: "3", Severity.HIGH: "3", Severity.MEDIUM: "2", Severity.LOW: "1"}
CONFIDENCE_HIGH = "3"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Zap:
    """A running ZAP: its proxy, its API and what it can do.

    ``url`` is both the proxy's and the API's. ``level`` is ``full`` when the rules of the
    active and the passive scanner are installed, ``core`` when it proxies and records only.
    """

    url: str
    key: str = dataclasses.field(repr=False)
    version: str
    level: Level

    def to_json(self) -> dict[str, Any]:
        """Built-in types only."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Zap:
        """The inverse of :meth:`to_json`."""
        return cls(**data)

    @classmethod
    def at(cls, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> Zap:
        """The ZAP that answers there. Passive scanning is off: nobody reads its alerts.

        Raises: ServiceDied when nobody answers, ServiceError when the key is not accepted.
        """
        client = Client(url, key, timeout_s=timeout_s)
        version = ask(lambda: client.core.version)
        installed = {one["id"] for one in ask(lambda: client.autoupdate.installed_addons)}
        if "pscan" in installed:
            ask(lambda: client.pscan.set_enabled("false"))
        return cls(url=url, key=key, version=version, level=level_of(installed))

    def recorded(self, base_url: str | None = None) -> int:
        """How many exchanges it has recorded, of the URLs that start with ``base_url``.

        Raises: ServiceDied, ServiceError.
        """
        client = Client(self.url, self.key)
        return int(ask(lambda: client.core.number_of_messages(base_url)))

    def history(self, *, budget_s: float) -> tuple[list[dict[str, Any]], int]:
        """The exchanges it has recorded, oldest first, and how many are left when time is up.

        Each has ``id``, ``requestHeader``, ``requestBody``, ``responseHeader``, ``responseBody``,
        ``timestamp`` (ms) and ``rtt`` (ms). Raises: ServiceDied, ServiceError.
        """
        client = Client(self.url, self.key, timeout_s=max(TIMEOUT_S, budget_s))
        recorded, start = int(ask(client.core.number_of_messages)), 0
        deadline = time.monotonic() + budget_s
        found: list[dict[str, Any]] = []
        while start < recorded and (not start or time.monotonic() < deadline):
            # ZAP counts from 1
            page = ask(functools.partial(client.core.messages, None, start + 1, PAGE))
            # what was never sent (the inner nodes of ZAP's tree) has no time
            found += [message for message in page if message["timestamp"] != "0"]
            start += PAGE
        return found, max(0, recorded - start)

    def add_alert(self, message: str, finding: Finding) -> None:
        """Put a finding into ZAP's own report, at one of the exchanges it has recorded.

        Raises: ServiceDied, ServiceError.
        """
        client = Client(self.url, self.key)
        ask(
            lambda: client.alert.add_alert(
                message,
                f"{finding.check}: {finding.title}",
                RISK_IDS[finding.severity],
                CONFIDENCE_HIGH,
                finding.proof,
                param=finding.parameter,
                solution=finding.remedy,
                references="\n".join(finding.references),
                cweid=cwe_of(finding.references),
            )
        )

    def forget(self) -> None:
        """Begin a new session: what was recorded is gone. Raises: ServiceDied, ServiceError."""
        client = Client(self.url, self.key)
        ask(lambda: client.core.new_session(overwrite="true"))

    def require_alive(self) -> None:
        """Return if it answers. Raises: ServiceDied, ServiceError."""
        client = Client(self.url, self.key)
        ask(lambda: client.core.version)


def level_of(installed: AbstractSet[str]) -> Level:
    """What a ZAP with these add-ons can do."""
    return "full" if installed >= RULES else "core"


class Client(ZAPv2):  # type: ignore[misc] # zapv2 has no types
    """zapv2, whose own requests wait for ever, and heed the proxies of the environment."""

    def __init__(self, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        super().__init__()
        self._url, self._key, self._timeout_s = url, key, timeout_s

    def _request_api(
        self,
        url: str,
        query: Mapping[str, str] | None = None,
        method: str = "GET",
        body: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The one function through which zapv2 sends all its calls."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                url.replace("http://zap", self._url, 1),
                params=query,
                data=body,
                headers={"X-ZAP-API-Key": self._key},
                timeout=self._timeout_s,
            )
        if not answer.ok:
            said = answer.text.strip()[:200]
            call = url.partition("/JSON/")[2].strip("/")
            raise ServiceError(NAME, f"refused {call} of its API ({answer.status_code}: {said})")
        return answer


def ask(question: Callable[[], Any]) -> Any:  # noqa: ANN401 - zapv2 has no types
    """The answer of the API. Raises: ServiceDied, ServiceError."""
    try:
        return question()
    except requests.JSONDecodeError as error:
        raise ServiceError(NAME, f"what answers there is not ZAP ({error})") from None
    except requests.RequestException as error:
        raise ServiceDied(NAME, status=None, last_log=str(error)[:200]) from None
