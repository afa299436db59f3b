"""The one list of time zones people may choose: the names of the IANA database, as the `tzdata`
package lists them, so that every service and every machine knows the same ones.

What a machine's own folder holds beside them (`localtime`, `posix/…`, `right/…`) and the
placeholder `Factory` are no zones anybody lives in.
"""

from functools import cache
from importlib import resources

_NO_PLACES = frozenset({"Factory"})


@cache
def time_zones() -> frozenset[str]:
    """Give the names; read once per process, never at import."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - _NO_PLACES


def known_zone(name: object) -> str | None:
    """Give a name that is listed, else None: an unknown one must not break a calendar."""
    return name if isinstance(name, str) and name in time_zones() else None
