"""Reading ``[target]``, ``[target.speed.NAME]`` and ``[actors.NAME]`` of ``cmdbguard.toml``.

What is wrong with them is said here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.model import Actor

from . import Login, SpeedCase

SOURCE = "cmdbguard.toml"
ACTOR_KEYS = ("role", "tenant", "headers", "token_env", "password_env", "expendable")
LOGIN_KEYS = ("operation", "username", "password")
SPEED_KEYS = ("operation", "path", "values")
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "document": str,
    "command": list,
    "url": str,
    "port": int,
    "ready": str,
    "environment": dict,
    "seed": list,
    "seed_files": list,
    "shared": list,
    "speed": dict,
    "login": dict,
    "protection": dict,
    "policy": dict,
    "https": str,
    "authority": str,
    "front": list,
    "code": list,
    "build_files": list,
    "python": str,
    "advisories": str,
    "paths": list,
    "without": list,
}


def require_kinds(table: Mapping[str, Any]) -> None:
    """Every key is known and has a value of its kind. Raises: SettingsError."""
    for key, value in table.items():
        if key not in KINDS:
            raise wrong(f"target.{key}", value, f"no such key; known are: {', '.join(KINDS)}")
        if not isinstance(value, KINDS[key]):
            raise wrong(f"target.{key}", value, f"write a {_word(KINDS[key])}")


def actor(name: str, entry: object) -> Actor:
    """The actor that a table describes. Raises: SettingsError naming the key."""
    key = f"actors.{name}"
    if not isinstance(entry, Mapping) or "role" not in entry:
        raise wrong(key, entry, "write a table with role, and headers or token_env")
    for unknown in set(entry) - set(ACTOR_KEYS):
        remedy = f"no such key; known are: {', '.join(ACTOR_KEYS)}"
        raise wrong(f"{key}.{unknown}", entry[unknown], remedy)
    headers = entry.get("headers", {})
    if not isinstance(headers, Mapping):
        raise wrong(f"{key}.headers", headers, "write a table of header names and values")
    return Actor(
        name=name,
        role=str(entry["role"]),
        tenant=entry.get("tenant"),
        headers={**{header: str(text) for header, text in headers.items()}, **_token(key, entry)},
        password=_secret(key, entry, "password_env"),
    )


def is_expendable(entry: object) -> bool:
    """Whether checks may lock or delete an actor, as its table says."""
    return isinstance(entry, Mapping) and entry.get("expendable") is True


def login(entry: object) -> Login | None:
    """How people log in, as a table tells it. Raises: SettingsError naming the key."""
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or "operation" not in entry:
        raise wrong("target.login", entry, f"write a table with {', '.join(LOGIN_KEYS)}")
    for key, value in entry.items():
        if key not in LOGIN_KEYS:
            remedy = f"no such key; known are: {', '.join(LOGIN_KEYS)}"
            raise wrong(f"target.login.{key}", value, remedy)
        if not isinstance(value, str) or not value:
            raise wrong(f"target.login.{key}", value, "write a text")
    return Login(**entry)


def speed_case(name: str, entry: object) -> SpeedCase:
    """The request whose speed counts that a table describes. Raises: SettingsError."""
    key = f"target.speed.{name}"
    if not isinstance(entry, Mapping):
        raise wrong(key, entry, f"write a table with {', '.join(SPEED_KEYS)}")
    for unknown in set(entry) - set(SPEED_KEYS):
        remedy = f"no such key; known are: {', '.join(SPEED_KEYS)}"
        raise wrong(f"{key}.{unknown}", entry[unknown], remedy)
    for word in SPEED_KEYS:
        if not isinstance(entry.get(word), str) or not entry[word]:
            raise wrong(f"{key}.{word}", entry.get(word), "write a text")
    if not re.match(r"/.*\{\w+\}", entry["path"]):
        remedy = "write path and query with a place for a column of values: /assets?q={q}"
        raise wrong(f"{key}.path", entry["path"], remedy)
    return SpeedCase(operation=entry["operation"], path=entry["path"], values=entry["values"])


def policy(entries: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Operation id to the roles that may call it. Raises: SettingsError."""
    for name, roles in entries.items():
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            remedy = 'write the list of the roles that may call it: ["operator", "admin"]'
            raise wrong(f"target.policy.{name}", roles, remedy)
    return {name: tuple(roles) for name, roles in entries.items() if isinstance(roles, list)}


def _token(key: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """Raises: SettingsError when the variable is not set."""
    token = _secret(key, entry, "token_env")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _secret(key: str, entry: Mapping[str, Any], name: str) -> str:
    """What the environment variable holds that an actor's table names; empty when it names none.

    Raises: SettingsError when the variable is not set.
    """
    variable = entry.get(name)
    if variable is None:
        return ""
    if not os.environ.get(str(variable)):
        remedy = f"set this environment variable to the actor's {name.removesuffix('_env')}"
        raise wrong(f"{key}.{name}", variable, remedy)
    return os.environ[str(variable)]


def _word(kind: type | tuple[type, ...]) -> str:
    return {str: "text", int: "number", list: "list", dict: "table"}[kind]  # type: ignore[index]


def wrong(key: str, value: object, remedy: str) -> SettingsError:
    """The error about a key of the file."""
    return SettingsError(key, value, source=SOURCE, remedy=remedy)
