"""A certificate authority that lives as long as the run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceMissing

if TYPE_CHECKING:
    from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Files of a server certificate for 127.0.0.1 and localhost, and of who signed it."""

    authority: Path
    chain: Path
    key: Path


def issue(directory: Path, *names: str) -> Certificate:
    """A fresh authority and a server certificate of it, written to ``directory``.

    It is good for 127.0.0.1, localhost and the names.

    Raises: ServiceMissing when the package that makes them is not installed.
    """
    try:
        import trustme  # noqa: PLC0415 - comes with the extra "embedded"
    except ImportError:
        raise ServiceMissing(
            "TLS",
            "no certificate can be made, the package trustme is not installed",
            remedy="pip install 'pytest-cmdbguard[embedded]'",
        ) from None
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    server = authority.issue_cert("127.0.0.1", "localhost", *names, key_type=trustme.KeyType.ECDSA)
    directory.mkdir(mode=0o700, exist_ok=True)
    places = ("authority.pem", "server.pem", "server.key")
    files = Certificate(
        **dict(zip(("authority", "chain", "key"), map(directory.joinpath, places), strict=True))
    )
    authority.cert_pem.write_to_path(str(files.authority))
    server.cert_chain_pems[0].write_to_path(str(files.chain))
    server.private_key_pem.write_to_path(str(files.key))
    files.key.chmod(0o600)
    return files
