"""List-50 as many would write it: FastAPI, SQLAlchemy's ORM, pydantic.

    python -m benchmarks.fastapi_twin PORT DATABASE_URL

It does what refcmdb does for this request, and gives the same items: a token is looked up, rows of
the caller's tenant are read with the names of what they refer to, and checked on their way out. It
has no middleware, no cache, no other operation.
"""

from __future__ import annotations

import base64
import datetime as dt  # noqa: TC003 - SQLAlchemy and pydantic read annotations when they run
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - and so does FastAPI
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, ForeignKey, Table, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from refcmdb.auth import tokens
from refcmdb.services.database import asyncpg_url


class Base(DeclarativeBase):
    """Of all rows."""

    id: Mapped[int] = mapped_column(primary_key=True)


class Named:
    """What is shown by its name."""

    name: Mapped[str]


class Tenant(Named, Base):
    """Whose a row is."""

    __tablename__ = "tenants"


class Site(Named, Base):
    """Where a device is."""

    __tablename__ = "sites"


class Location(Named, Base):
    """Where in a site."""

    __tablename__ = "locations"


class Rack(Named, Base):
    """In which rack."""

    __tablename__ = "racks"


class DeviceType(Base):
    """What is built so."""

    __tablename__ = "device_types"

    model: Mapped[str]


class Tag(Named, Base):
    """What devices have in common."""

    __tablename__ = "tags"


device_tags = Table(
    "device_tags",
    Base.metadata,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Device(Named, Base):
    """A device and what it refers to."""

    __tablename__ = "devices"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))
    rack_id: Mapped[int | None] = mapped_column(ForeignKey("racks.id"))
    device_type_id: Mapped[int] = mapped_column(ForeignKey("device_types.id"))
    serial: Mapped[str]
    asset_tag: Mapped[str | None]
    status: Mapped[str]
    role: Mapped[str]
    comments: Mapped[str]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB)

    its_tenant: Mapped[Tenant] = relationship()
    its_site: Mapped[Site] = relationship()
    its_location: Mapped[Location | None] = relationship()
    its_rack: Mapped[Rack | None] = relationship()
    its_type: Mapped[DeviceType] = relationship()
    its_tags: Mapped[list[Tag]] = relationship(secondary=device_tags, order_by=Tag.name)

    @property
    def tenant(self) -> str:
        """Its name."""
        return self.its_tenant.name

    @property
    def site(self) -> str:
        """Its name."""
        return self.its_site.name

    @property
    def location(self) -> str | None:
        """Its name."""
        return self.its_location.name if self.its_location else None

    @property
    def rack(self) -> str | None:
        """Its name."""
        return self.its_rack.name if self.its_rack else None

    @property
    def device_type(self) -> str:
        """Its model."""
        return self.its_type.model

    @property
    def tags(self) -> list[str]:
        """Their names."""
        return [tag.name for tag in self.its_tags]


class User(Named, Base):
    """Who asks."""

    __tablename__ = "users"

    tenant_id: Mapped[int | None]


class ApiToken(Base):
    """How somebody proves who it is."""

    __tablename__ = "api_tokens"

    sha256: Mapped[bytes]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[dt.datetime | None]
    revoked: Mapped[bool]

    user: Mapped[User] = relationship()


class Item(BaseModel):
    """A device as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    tenant_id: int
    tenant: str
    site_id: int
    site: str
    location_id: int | None
    location: str | None
    rack_id: int | None
    rack: str | None
    device_type_id: int
    device_type: str
    name: str
    serial: str
    asset_tag: str | None
    status: str
    role: str
    comments: str
    created_at: dt.datetime
    updated_at: dt.datetime
    tags: list[str]
    custom: dict[str, Any]


class Page(BaseModel):
    """Some devices, and where the others begin."""

    items: list[Item]
    next: str | None


app = FastAPI()


async def session() -> AsyncIterator[AsyncSession]:
    """One for each request."""
    async with app.state.sessions() as opened:
        yield opened


async def caller(
    database: Annotated[AsyncSession, Depends(session)],
    authorization: Annotated[str, Header()] = "",
) -> User:
    """Whose token the request carries."""
    digest = tokens.digest(authorization.removeprefix("Bearer "))
    current = or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now())
    token = await database.scalar(
        select(ApiToken)
        .options(joinedload(ApiToken.user))
        .where(ApiToken.sha256 == digest, ~ApiToken.revoked, current)
    )
    if token is None:
        raise HTTPException(401)
    return token.user


@app.get("/api/v1/devices")
async def devices(
    database: Annotated[AsyncSession, Depends(session)],
    user: Annotated[User, Depends(caller)],
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page:
    """The first of the caller's devices."""
    found = await database.scalars(
        select(Device)
        .options(
            joinedload(Device.its_tenant),
            joinedload(Device.its_site),
            joinedload(Device.its_location),
            joinedload(Device.its_rack),
            joinedload(Device.its_type),
            selectinload(Device.its_tags),
        )
        .where(Device.tenant_id == user.tenant_id)
        .order_by(Device.id)
        .limit(limit + 1)
    )
    rows = found.all()
    items = [Item.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    last = base64.urlsafe_b64encode(str(items[-1].id).encode()).decode() if more else None
    return Page(items=items, next=last)


if __name__ == "__main__":
    port, url = sys.argv[1:]
    address = asyncpg_url(url).replace("postgresql://", "postgresql+asyncpg://", 1)
    app.state.sessions = async_sessionmaker(create_async_engine(address, pool_size=8))
    uvicorn.run(app, port=int(port), log_level="warning", access_log=False)
