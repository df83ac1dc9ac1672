"""A refcmdb that asks a model, and who asks it."""

from __future__ import annotations

import pytest
from models import KEY, Model

PATIENCE_S = 5


@pytest.fixture(scope="module")
def running_model():
    with Model.running() as model:
        yield model


@pytest.fixture
def model(running_model):
    """As it was in the beginning, and asked nothing yet."""
    running_model.answer = Model.repeats
    running_model.ready.set()
    running_model.asked.clear()
    return running_model


@pytest.fixture(scope="module")
def start_assisted(start_server, running_model):
    """Starts refcmdb with an assistant."""

    def start(*, redis_url=None, **changed):
        environment = {
            "REFCMDB_ASSISTANT_URL": running_model.url,
            "REFCMDB_ASSISTANT_MODEL": "m-1",
            "REFCMDB_ASSISTANT_KEY": KEY,
            "REFCMDB_ASSISTANT_TIMEOUT": str(PATIENCE_S),
            "REFCMDB_ASSISTANT_RATE": "60000",
        }
        return start_server(redis_url=redis_url, environment=environment | changed)

    return start


@pytest.fixture(scope="module")
def assisted(start_assisted):
    with start_assisted() as server:
        yield server


@pytest.fixture
def ask(assisted, model):
    """Asks as somebody, of a sound model."""
    del model

    def ask(question, user="operator-red", server=assisted, **fields):
        return server.as_(user).post("/assistant", {"question": question, **fields})

    return ask


@pytest.fixture
def new(assisted, device_body):
    """Makes a device of a tenant, under a name that has a digit."""

    def new(tenant="red", **fields):
        body = device_body(site_id={"red": 1, "blue": 2}[tenant], **fields)
        return assisted.as_(f"operator-{tenant}").post("/devices", body).json()

    return new
