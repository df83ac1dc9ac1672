"""Nautobot's configuration for a run: it is read by Nautobot itself, in its own interpreter."""

import os

from nautobot.core.settings import *  # noqa: F403 - the form that Nautobot asks for

_database = {
    name.removeprefix("CMDBGUARD_DB_"): value
    for name, value in os.environ.items()
    if name.startswith("CMDBGUARD_DB_")
}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **{name: _database.pop(name, "") for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")},
        "OPTIONS": {name.lower(): value for name, value in _database.items()},
        "CONN_MAX_AGE": 300,
    }
}
_redis = os.environ.get("CMDBGUARD_REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": _redis}
    if _redis
    else {  # while it is seeded nobody else is there to share with
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": os.environ["CMDBGUARD_SCRATCH"],
    }
}
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
SECRET_KEY = os.environ["CMDBGUARD_SECRET_KEY"]
# There is no worker, and nothing that a run does may wait for one.
CELERY_BROKER_URL = "memory://"
DEBUG = False
INSTALLATION_METRICS_ENABLED = False
METRICS_ENABLED = False
