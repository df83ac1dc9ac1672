"""What can go wrong in a run, and what the person at the keyboard can do about it.

    GuardError
    ├── SettingsError           an option, ini key, variable or cmdbguard.toml key is wrong
    ├── DocumentError           an OpenAPI document is missing, malformed or describes nothing
    └── ServiceError            a service of the run
        ├── ServiceMissing      it cannot be started here: a program, package or download is absent
        ├── ServiceNotReady     it was started and did not answer in time
        ├── ServiceDied         it was running and is gone
        └── ProxyGone           the proxy that requests go through does not answer

Every message names what failed, what was seen and what to do. The plugin turns a ``GuardError``
raised while a run starts into ``pytest.UsageError`` (exit status 4, no traceback); one raised
while a check runs is that check's error.
"""

from __future__ import annotations


class GuardError(Exception):
    """The root of all errors that the product raises on purpose."""


class SettingsError(GuardError):
    """A setting has a value that cannot be used."""

    def __init__(self, key: str, value: object, *, source: str, remedy: str) -> None:
        self.key, self.value, self.source = key, value, source
        super().__init__(f"{key} = {value!r} (from {source}) cannot be used: {remedy}")


class DocumentError(GuardError):
    """An OpenAPI document cannot be used."""

    def __init__(self, where: str, problem: str, *, remedy: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(f"OpenAPI document {where}: {problem}; {remedy}")


class ServiceError(GuardError):
    """Something about one service of the run; ``service`` is its name."""

    def __init__(self, service: str, message: str) -> None:
        self.service = service
        super().__init__(f"{service}: {message}")


class ServiceMissing(ServiceError):
    """The service cannot be started on this machine."""

    def __init__(self, service: str, problem: str, *, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(service, f"{problem}; {remedy}")


class ServiceNotReady(ServiceError):
    """The service was started but did not answer its readiness query in time."""

    def __init__(self, service: str, *, waited_s: float, last_log: str, remedy: str) -> None:
        self.waited_s, self.last_log = waited_s, last_log
        super().__init__(
            service,
            f"not ready after {waited_s:.1f} s (last log line: {last_log!r}); {remedy}",
        )


class ServiceDied(ServiceError):
    """The service was ready before and is gone now."""

    def __init__(self, service: str, *, status: int | None, last_log: str) -> None:
        self.status, self.last_log = status, last_log
        super().__init__(
            service,
            f"died during the run with status {status} (last log line: {last_log!r}); "
            f"its log is kept beside the report",
        )


class ProxyGone(ServiceError):
    """The proxy between the probes and the target took a request and gave no answer."""

    def __init__(self, proxy: str, *, asked: str, problem: str) -> None:
        self.proxy = proxy
        super().__init__("proxy", f"{proxy} gave no answer to {asked}: {problem}")
