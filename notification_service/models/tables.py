"""The declarative base of this service's tables; names of constraints are fixed so that
migrations can speak of them.
"""

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

IDENTIFIER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only an INTEGER key


class Model(DeclarativeBase):
    """Base of every table of notification_service."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
