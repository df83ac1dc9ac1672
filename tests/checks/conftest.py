"""What tests of whole gates share."""

import pytest

from pytest_cmdbguard.services import cache, postgres_programs


@pytest.fixture(scope="session")
def separate_cache(tmp_path_factory):
    """A cache without snapshots; unpacked and downloaded programs come from the real one."""
    postgres_programs.find({})
    directory = tmp_path_factory.mktemp("separate") / "cache"
    directory.mkdir()
    for name in ("programs", "zap"):
        kept = cache.cache_directory() / name
        kept.mkdir(parents=True, exist_ok=True)
        (directory / name).symlink_to(kept)
    return directory
