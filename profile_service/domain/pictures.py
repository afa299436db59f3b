"""Keeping profile pictures."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from profile_service.models.pictures import Picture
from shared.database import insert_or_change

_DEFAULT = Path(__file__).parent / "default_picture.jpg"


@dataclass(frozen=True, kw_only=True)
class PictureView:
    """A JPEG and its hash."""

    etag: str
    content: bytes = field(repr=False)


@cache
def default_picture() -> PictureView:
    """Give the picture of whoever has none; read once per process, never at import."""
    content = _DEFAULT.read_bytes()
    return PictureView(etag=etag_of(content), content=content)


def etag_of(content: bytes) -> str:
    """Give a picture's hash."""
    return hashlib.sha256(content).hexdigest()[:32]


def put_picture(session: Session, content: bytes, *, account_id: int, now: datetime) -> PictureView:
    """Keep a JPEG that was encoded here as a person's picture, instead of any earlier one."""
    view = PictureView(etag=etag_of(content), content=content)
    row = {"account_id": account_id, "content": content, "etag": view.etag, "changed_at": now}
    insert_or_change(session, Picture, row)
    return view


def delete_picture(session: Session, *, account_id: int) -> None:
    """Forget a person's picture; nothing happens where there is none."""
    session.execute(
        delete(Picture)
        .where(Picture.account_id == account_id)
        .execution_options(synchronize_session=False)
    )


def picture_of(session: Session, account_id: int) -> PictureView | None:
    """Give a person's picture, or None."""
    found = session.get(Picture, account_id)
    return None if found is None else PictureView(etag=found.etag, content=found.content)
