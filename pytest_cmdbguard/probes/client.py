"""The HTTP client of the probes: what is sent is what was asked for, and every answer is kept."""

from __future__ import annotations

import functools
import json as json_format
import re
import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from pytest_cmdbguard.errors import GuardError, ProxyGone, ServiceError
from pytest_cmdbguard.model import Actor, Exchange, Operation
from pytest_cmdbguard.probes.answers import Patience, read_body, retry_after_s
from pytest_cmdbguard.probes.bodies import as_text, encoded, pairs
from pytest_cmdbguard.probes.headers import shown_headers, told_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from urllib3 import ProxyManager

_TEMPLATE = re.compile(r"\{([^{}]+)\}")
# How often a target that restarts is asked again.
_RESTART_S = 0.2
_AGENT = {"User-Agent": "pytest-cmdbguard", "Accept": "application/json, */*;q=0.5"}


class Api:
    """The target's HTTP interface as one actor sees it; anonymous until :meth:`as_actor`.

    One kept-open session per actor, no redirect followed, nothing read from the environment.

    Args:
        base_url: scheme, host and port (``http://127.0.0.1:8000``).
        actors: who can be impersonated.
        proxy: URL of an HTTP proxy that all requests go through.
        timeout_s: how long an answer may take.
        verify: a CA bundle, or False for a target whose certificate nobody knows.
        patience_s: how long, over all requests, to wait for a target that answers 429 (as it
            asks for by Retry-After) or does not take connections because it restarts. With any,
            a few requests may stay without an answer: their status is 0.
    """

    def __init__(
        self,
        base_url: str,
        actors: Sequence[Actor],
        *,
        proxy: str | None = None,
        timeout_s: float = 30,
        verify: bool | str = True,
        patience_s: float = 0,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.actor: Actor | None = None
        self._proxy, self._timeout_s = proxy, timeout_s
        self._patience = Patience(patience_s)
        self._sessions: dict[str | None, tuple[Actor | None, requests.Session]] = {
            actor.name if actor else None: (actor, _session(actor, proxy, verify=verify))
            for actor in (None, *actors)
        }

    def as_actor(self, name: str | None) -> Api:
        """The same target and sessions with another identity; None is nobody.

        Raises: GuardError if there is no such actor.
        """
        if name not in self._sessions:
            known = ", ".join(sorted(filter(None, self._sessions)))
            raise GuardError(f"no actor is named {name!r}; the target has: {known}")
        other = object.__new__(type(self))
        other.__dict__ = self.__dict__ | {"actor": self._sessions[name][0]}
        return other

    def request(  # noqa: PLR0913 - an HTTP request has these parts
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: object = ...,
        body: bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        tokens: Sequence[str] = (),
    ) -> Exchange:
        """Send one request and keep what came back, whatever its status.

        Args:
            method: any token; sent as it is.
            path: from the root, percent-encoded.
            query: names to values; a sequence is repeated, None is left out.
            json: the body as a JSON value (None is ``null``).
            body: the body as it is; overrules ``json``.
            headers: in addition to the actor's.
            tokens: of the probes that the request carries.
        Raises: ServiceError if there was no answer, ProxyGone if the proxy is the reason.
        """
        if body is None and json is not ...:
            body = json_format.dumps(json).encode()
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        encoded = f"?{_encoded(query)}" if query else ""
        request = requests.Request(method, self.base_url + path + encoded, sent, data=body)
        return self._exchange(request, tuple(tokens))

    def get(self, path: str, **parts: Any) -> Exchange:  # noqa: ANN401 - see request
        """GET; the parts are those of :meth:`request`."""
        return self.request("GET", path, **parts)

    def post(self, path: str, **parts: Any) -> Exchange:  # noqa: ANN401 - see request
        """POST; the parts are those of :meth:`request`."""
        return self.request("POST", path, **parts)

    def patch(self, path: str, **parts: Any) -> Exchange:  # noqa: ANN401 - see request
        """PATCH; the parts are those of :meth:`request`."""
        return self.request("PATCH", path, **parts)

    def delete(self, path: str, **parts: Any) -> Exchange:  # noqa: ANN401 - see request
        """DELETE; the parts are those of :meth:`request`."""
        return self.request("DELETE", path, **parts)

    def send(
        self,
        operation: Operation,
        values: Mapping[tuple[str, str], Any],
        *,
        body: bytes | None = None,
        tokens: Sequence[str] = (),
    ) -> Exchange:
        """Send an operation with values by (location, name).

        Path values are percent-encoded fully. See :class:`Parameter` for the locations.

        Args:
            operation: what to call.
            values: as :meth:`Surroundings.values` gives them.
            body: raw bytes instead of the body values, announced as JSON.
            tokens: of the probes among the values.
        Raises: ServiceError, ProxyGone; GuardError if a path parameter has no value.
        """
        if body is None:
            body, media = encoded(values, json_media=operation.body_media)
        else:
            media = operation.body_media
        headers: dict[str, str | bytes] = told_headers(values, self.actor)
        if body is not None:
            headers.setdefault("Content-Type", str(media))
        return self.request(
            operation.method,
            _filled(operation, values),
            query={name: value for (place, name), value in values.items() if place == "query"},
            body=body,
            headers=headers,
            tokens=tokens,
        )

    def close(self) -> None:
        """Close the sessions of all actors."""
        for _, session in self._sessions.values():
            session.close()

    def _exchange(self, request: requests.Request, tokens: tuple[str, ...]) -> Exchange:
        _, session = self._sessions[self.actor.name if self.actor else None]
        prepared = session.prepare_request(request)
        sent = functools.partial(
            Exchange,
            method=str(prepared.method),
            url=str(prepared.url),
            actor=self.actor,
            request_headers=shown_headers(prepared.headers, self.actor),
            request_body=request.data or b"",
            tokens=tokens,
        )
        while True:
            started = time.monotonic()
            response = self._patiently(session, prepared)
            if response is None:
                cut = f"no answer in {self._timeout_s:g} s"
                return sent(status=0, headers={}, body=b"", elapsed_s=self._timeout_s, cut=cut)
            body, cut = read_body(response, deadline=started + self._timeout_s)
            headers = {name.lower(): value for name, value in response.headers.items()}
            if response.status_code != 429 or not self._patience.wait(retry_after_s(headers)):
                elapsed_s, status = time.monotonic() - started, response.status_code
                return sent(
                    status=status, headers=headers, body=body, elapsed_s=elapsed_s, cut=cut
                )

    def _patiently(
        self, session: requests.Session, request: requests.PreparedRequest
    ) -> requests.Response | None:
        """The answer, as soon as there is one; None where patience ends without."""
        while True:
            try:
                return self._answer(session, request)
            except requests.ReadTimeout as error:
                if not self._patience.bears_hang():
                    raise self._explained(request, error) from error
                return None
            except requests.RequestException as error:
                is_away = isinstance(error, requests.ConnectionError) and not self._proxy
                if not (is_away and self._patience.wait(_RESTART_S)):
                    raise self._explained(request, error) from error

    def _answer(
        self, session: requests.Session, request: requests.PreparedRequest
    ) -> requests.Response:
        """One answer; asked for twice where the server closed a kept-open connection.

        Servers do so after an answer, for instance when a handler failed, and the next request
        may be on its way already (RFC 9112, 9.3.1).
        """
        send = functools.partial(
            session.send, request, timeout=self._timeout_s, allow_redirects=False, stream=True
        )
        try:
            return send()
        except requests.ConnectionError as error:
            if self._proxy or not isinstance(error.args[0], ProtocolError):
                raise
        return send()

    def _explained(
        self, request: requests.PreparedRequest, error: requests.RequestException
    ) -> ServiceError:
        asked = f"{request.method} {str(request.url)[:200]}"
        if self._proxy and isinstance(error, requests.ConnectionError):
            return ProxyGone(self._proxy, asked=asked, problem=_reason(error))
        if isinstance(error, requests.Timeout):
            return ServiceError("target", f"gave no answer to {asked} in {self._timeout_s:g} s")
        return ServiceError("target", f"gave no answer to {asked}: {_reason(error)}")


class _PromptAdapter(HTTPAdapter):
    """Sends at once, through a proxy too.

    urllib3 leaves Nagle's algorithm on for proxies: headers and body go as two segments, and the
    second waits 40 ms for the delayed acknowledgement of the first.
    """

    def proxy_manager_for(self, proxy: Any, **options: Any) -> ProxyManager:  # noqa: ANN401 - as in requests
        """The connections to a proxy."""
        at_once = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        manager: ProxyManager = super().proxy_manager_for(proxy, socket_options=at_once, **options)
        return manager


def _session(actor: Actor | None, proxy: str | None, *, verify: bool | str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    if actor is None:  # nobody stays nobody, also after a log-in that sets a cookie
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.verify = verify
    session.headers.update(_AGENT | dict(actor.headers if actor else {}))
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    adapter = _PromptAdapter(pool_connections=2, pool_maxsize=4)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _filled(operation: Operation, values: Mapping[tuple[str, str], Any]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if ("path", match[1]) not in values:
            raise GuardError(f"{operation}: there is no value for path parameter {match[1]!r}")
        return quote(as_text(values["path", match[1]]), safe="", errors="surrogatepass")

    return _TEMPLATE.sub(value_of, operation.path)


def _encoded(query: Mapping[str, Any]) -> str:
    return urlencode(pairs(query), quote_via=quote, errors="surrogatepass")


def _reason(error: BaseException) -> str:
    """The innermost cause, in one line."""
    while error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {str(error) or 'no detail'}".splitlines()[0]
