"""Accounts with a password that everybody knows: tried at the log-in and against stored hashes."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns import password_hashes
from pytest_cmdbguard.campaigns.admission import shows_data
from pytest_cmdbguard.model import Actor
from pytest_cmdbguard.probes.default_credentials import PAIRS, QUICK, words_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Exchange
    from pytest_cmdbguard.witnesses.accounts import AccountWitness, StoredPassword

SIDE_BY_SIDE = 2
MOST_USERS = {"quick": 12, "full": 50}
MOST_WORDS = {"quick": 6, "full": 20}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account whose password everybody knows, and how that showed."""

    user: str
    words: str
    exchange: Exchange | None = None


def by_log_in(log_in: LogIn, admission: Admission, *, profile: str) -> Iterator[Known]:
    """The pairs that get a credential which is shown data; few per name, because of locks."""
    pairs = QUICK[:12] if profile == "quick" else PAIRS
    for user, password in pairs:
        if not password:
            continue
        attempt = log_in.attempt(user, password)
        if not attempt.headers:
            continue
        actor = Actor(name=user, role="", headers=attempt.headers)
        if shows_data(admission.as_actor(actor)):
            words = f"{user} with the password {password!r} is let in and shown data"
            yield Known(user=user, words=words, exchange=attempt.exchange)


def by_hash(
    accounts: AccountWitness, *, ours: Collection[str], profile: str
) -> tuple[list[Known], int]:
    """Users whose stored hash is that of such a word, and how many hashes there is no doubt about.

    Of ``ours`` the run made the passwords itself: nothing is to be tried there.
    """
    everybody = accounts.passwords()
    stored = [one for one in everybody if one.user not in ours][: MOST_USERS[profile]]
    tried = [one for one in stored if password_hashes.fits(one.text, "") is not None]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = pool.map(lambda one: _word_of(one, MOST_WORDS[profile]), tried)
        known = [
            Known(
                user=one.user,
                words=f"the hash of {one.user} in {one.place} is that of {word!r}",
            )
            for one, word in zip(tried, found, strict=True)
            if word is not None
        ]
    return known, len(tried) + len(everybody) - len(stored)


def _word_of(stored: StoredPassword, most: int) -> str | None:
    words = words_for(stored.user)[:most]
    return next((word for word in words if password_hashes.fits(stored.text, word)), None)
