"""The declarative base of this service's tables."""

from sqlalchemy.orm import DeclarativeBase

from shared.tables import new_metadata


class Model(DeclarativeBase):
    """Base of every table of auth_service."""

    metadata = new_metadata()
