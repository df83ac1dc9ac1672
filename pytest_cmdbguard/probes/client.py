"""The HTTP client of the probes: what is sent is what was asked for, and every answer is kept."""

from __future__ import annotations

import dataclasses
import functools
import json as json_format
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from urllib3.exceptions import (
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from pytest_cmdbguard.errors import GuardError, ProxyGone, ServiceError
from pytest_cmdbguard.model import Actor, Exchange, Operation
from pytest_cmdbguard.probes.answers import Patience, read_body, retry_after_s
from pytest_cmdbguard.probes.bodies import as_text, encoded, pairs
from pytest_cmdbguard.probes.connections import pool
from pytest_cmdbguard.probes.headers import shown_headers, told_headers
from pytest_cmdbguard.probes.renewal import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from urllib3 import BaseHTTPResponse

_TEMPLATE = re.compile(r"\{([^{}]+)\}")
# What every server has to take (RFC 9110, 4.1), and many take no more.
LONGEST_URL = 8000
# How often a target that restarts is asked again.
_RESTART_S = 0.2
_AGENT = {"User-Agent": "pytest-cmdbguard", "Accept": "application/json, */*;q=0.5"}


class Api:
    """The target's HTTP interface as one actor sees it; anonymous until :meth:`as_actor`.

    Kept-open connections, no redirect followed, no cookie kept, nothing read from the
    environment.

    Args:
        base_url: scheme, host and port (``http://127.0.0.1:8000``).
        actors: who can be impersonated.
        proxy: URL of an HTTP proxy that all requests go through.
        timeout_s: how long an answer may take to begin, and then to end.
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
        self._pool = pool(proxy, verify=verify)
        self._actors = {actor.name if actor else None: actor for actor in (None, *actors)}

    def as_actor(self, name: str | None) -> Api:
        """The same target and connections with another identity; None is nobody.

        Raises: GuardError if there is no such actor.
        """
        if name not in self._actors:
            known = ", ".join(sorted(filter(None, self._actors)))
            raise GuardError(f"no actor is named {name!r}; the target has: {known}")
        other = object.__new__(type(self))
        other.__dict__ = self.__dict__ | {"actor": self._actors[name]}
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
        own = self.actor.headers if self.actor else {}
        sent = _merged(_AGENT, own, headers or {})
        if body is not None and "content-type" not in map(str.lower, sent):
            sent["Content-Type"] = "application/json"
        encoded = f"?{_encoded(query)}" if query else ""
        request = _Request(method, self.base_url + path + encoded, body, sent)
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
        exchange = self.request(
            operation.method,
            _filled(operation, values),
            query={name: value for (place, name), value in values.items() if place == "query"},
            body=body,
            headers=headers,
            tokens=tokens,
        )
        chosen = told(values)
        return dataclasses.replace(exchange, chosen=chosen) if chosen else exchange

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _exchange(self, request: _Request, tokens: tuple[str, ...]) -> Exchange:
        sent = functools.partial(
            Exchange,
            method=request.method,
            url=request.url,
            actor=self.actor,
            request_headers=shown_headers(request.headers, self.actor),
            request_body=request.body or b"",
            tokens=tokens,
        )
        while True:
            started = time.monotonic()
            response = self._patiently(request)
            if isinstance(response, str):
                elapsed_s = time.monotonic() - started
                return sent(status=0, headers={}, body=b"", elapsed_s=elapsed_s, cut=response)
            body, cut = read_body(response, deadline=started + self._timeout_s)
            headers = {name.lower(): response.headers[name] for name in response.headers}
            if response.status != 429 or not self._patience.wait(retry_after_s(headers)):
                elapsed_s, status = time.monotonic() - started, response.status
                return sent(
                    status=status, headers=headers, body=body, elapsed_s=elapsed_s, cut=cut
                )

    def _patiently(self, request: _Request) -> BaseHTTPResponse | str:
        """The answer, as soon as there is one; why there is none where patience ends without."""
        while True:
            try:
                return self._answer(request)
            except ReadTimeoutError as error:
                if not self._patience.bears_hang():
                    raise self._explained(request, error) from error
                return f"no answer in {self._timeout_s:g} s"
            except HTTPError as error:
                if isinstance(error, ProtocolError) and len(request.url) > LONGEST_URL:
                    return f"the connection was closed on a URL of {len(request.url):,} bytes"
                is_away = isinstance(error, (ProtocolError, NewConnectionError))
                if self._proxy or not (is_away and self._patience.wait(_RESTART_S)):
                    raise self._explained(request, error) from error

    def _answer(self, request: _Request) -> BaseHTTPResponse:
        """One answer; asked for twice where the server closed a kept-open connection.

        Servers do so after an answer, for instance when a handler failed, and the next request
        may be on its way already (RFC 9112, 9.3.1).
        """
        send = functools.partial(
            self._pool.urlopen,
            request.method,
            request.url,
            body=request.body,
            headers=request.headers,
            timeout=self._timeout_s,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            return send()
        except ProtocolError:
            if self._proxy:
                raise
        return send()

    def _explained(self, request: _Request, error: HTTPError) -> ServiceError:
        asked = f"{request.method} {request.url[:200]}"
        if isinstance(error, ReadTimeoutError):
            return ServiceError("target", f"gave no answer to {asked} in {self._timeout_s:g} s")
        if self._proxy:
            return ProxyGone(self._proxy, asked=asked, problem=_reason(error))
        return ServiceError("target", f"gave no answer to {asked}: {_reason(error)}")


class _Request(NamedTuple):
    method: str
    url: str
    body: bytes | None
    headers: dict[str, str | bytes]


def _merged(*some: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    """Later headers replace earlier ones of the same name, in whatever case."""
    names = {name.lower(): name for headers in some for name in headers}
    values = {name.lower(): value for headers in some for name, value in headers.items()}
    return {name: values[lower] for lower, name in names.items()}


def _filled(operation: Operation, values: Mapping[tuple[str, str], Any]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if ("path", match[1]) not in values:
            raise GuardError(f"{operation}: there is no value for path parameter {match[1]!r}")
        return quote(as_text(values["path", match[1]]), safe="", errors="surrogatepass")

    return _TEMPLATE.sub(value_of, operation.route)


def _encoded(query: Mapping[str, Any]) -> str:
    return urlencode(pairs(query), quote_via=quote, errors="surrogatepass")


def _reason(error: BaseException) -> str:
    """The innermost cause, in one line."""
    while error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {str(error) or 'no detail'}".splitlines()[0]
