"""What the assistant takes."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated

from msgspec import Meta

from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import SEVERAL_LINES, Id


class Question(Body, kw_only=True):
    """A question; without a device it is about those whose names stand in it."""

    question: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            pattern=SEVERAL_LINES,
            examples=["Where is core-1?"],
        ),
    ]
    device_id: Id | None = None
