"""What the tables of every service have in common: the type of an identifier, and names of
constraints that are fixed, so that migrations can speak of them.
"""

from sqlalchemy import BigInteger, Integer, MetaData

IDENTIFIER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only an INTEGER key


def new_metadata() -> MetaData:
    """Make the metadata of one service's tables."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
