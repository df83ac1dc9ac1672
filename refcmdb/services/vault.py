"""Keys from Vault or OpenBao: a field of a secret in a version 2 key-value engine."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from typing import TYPE_CHECKING, Any

from refcmdb.variables import SettingsError, read_word, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = "REFCMDB_KEYS"
URL, TOKEN = "REFCMDB_VAULT_URL", "REFCMDB_VAULT_TOKEN"
PLACE = re.compile(r"vault://(?P<mount>[\w-]+)/(?P<path>[\w./-]+)")
FIELD = "keys"
TIMEOUT_S = 5
EXTRA = "pip install 'pytest-cmdbguard[vault]'"


def read_url(text: str) -> str:
    """A URL. Raises: ValueError."""
    if not re.fullmatch(r"https?://[^\s@/\\?#]+/?", text):
        raise ValueError(f"must be a URL such as https://vault.example.com:8200, not {text!r}")
    return text


def read_file(text: str) -> str:
    """A file that can be read. Raises: ValueError."""
    try:
        pathlib.Path(text).read_bytes()
    except OSError as error:
        raise ValueError(f"must name a file that can be read: {text} ({error.strerror})") from None
    return text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Where Vault is, and what it is shown. Raises: SettingsError for one without the other."""

    url: str = setting(
        URL,
        f"Vault or OpenBao, of which {KEYS} names a path",
        read=read_url,
        values="https://vault.example.com:8200",
        default="",
    )
    token: str = setting(
        TOKEN,
        "what may read that path",
        read=read_word,
        values="a token",
        secret=True,
        default="",
    )
    authority: str = setting(
        "REFCMDB_VAULT_CA",
        "who signed its certificate, instead of the usual ones",
        read=read_file,
        values="a PEM file",
        default="",
    )

    def __post_init__(self) -> None:
        if bool(self.url) != bool(self.token):
            without, other = (TOKEN, URL) if self.url else (URL, TOKEN)
            raise SettingsError(other, f"needs {without}, which is not set")

    def resolved(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """The environment, with the keys themselves where it names a path of Vault for them.

        Raises: SettingsError.
        """
        text = environment.get(KEYS, "")
        if not text.startswith("vault:"):
            return environment
        place = PLACE.fullmatch(text)
        if place is None:
            raise SettingsError(KEYS, f"must look like vault://secret/cmdb, not {text!r}")
        if not self.url:
            raise SettingsError(KEYS, f"names {text}, which needs {URL} and {TOKEN}")
        try:
            return {**environment, KEYS: self._read(place["mount"], place["path"])}
        except _Unread as error:
            raise SettingsError(KEYS, f"names {text}, but {error}") from None

    def _read(self, mount: str, path: str) -> str:
        """The field of the newest version. Raises: _Unread, without anything that is secret."""
        try:
            import hvac  # noqa: PLC0415 - an extra, for those who have Vault
            import requests  # noqa: PLC0415 - what hvac stands on
        except ImportError:
            raise _Unread(f"hvac is not installed: {EXTRA}") from None
        client = hvac.Client(
            url=self.url,
            token=self.token,
            verify=self.authority or True,
            timeout=TIMEOUT_S,
            allow_redirects=False,  # the token would go along
        )
        with client.adapter.session:
            try:
                answer = client.secrets.kv.v2.read_secret_version(
                    path, mount_point=mount, raise_on_deleted_version=True
                )
            except (hvac.exceptions.VaultError, requests.RequestException) as error:
                raise _Unread(_problem(type(error).__name__, self.url)) from None
        return _field(answer)


class _Unread(Exception):
    """Why there are no keys, in words that can follow *but*."""


def _problem(error: str, url: str) -> str:
    """What an exception of hvac or requests means; its text may have more in it."""
    told = {
        "Forbidden": f"Vault denies it to the token of {TOKEN}",
        "InvalidPath": f"there is nothing in Vault, with a field {FIELD!r}; the engine must be"
        " one of key-value version 2",
        "VaultDown": "Vault is sealed",
        "VaultNotInitialized": "Vault is not initialised",
        "SSLError": f"the certificate of {url} is not trusted; name who signed it in"
        " REFCMDB_VAULT_CA",
    }
    return told.get(error, f"Vault does not answer at {url} ({error})")


def _field(answer: Any) -> str:  # noqa: ANN401 - whatever the server sent
    try:
        found = answer["data"]["data"][FIELD]
    except (KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise _Unread(f"there is no text in a field {FIELD!r}")
    if found.startswith(("/", "./")):  # it would be taken for the name of a file, and told
        raise _Unread(f"its field {FIELD!r} has no entries id:base64")
    return found
