"""The settings of booking_service; README.md has the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import (
    ServiceSettings,
    SettingsReader,
    master_key_values,
    service_values,
)


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment. Without `takes_cards` nobody can put a
    card on file.
    """

    takes_cards: bool
    text_master_key: bytes = field(repr=False)
    text_master_key_previous: bytes | None = field(repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every variable.

        Raises:
            BadSettings: with a line for each missing or bad one.
        """
        reader = SettingsReader(environment)
        values = {
            **service_values(reader, "booking"),
            **master_key_values(reader),
            "takes_cards": _takes_cards(reader),
        }
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type


def _takes_cards(reader: SettingsReader) -> bool:
    """Read PAYMENTS. The built-in provider charges nobody, so production has to say `off` until a
    real one is connected.
    """
    word = reader.choice("PAYMENTS", ("built-in", "off"), default="built-in")
    if word == "built-in" and reader.is_production:
        reader.complain("PAYMENTS", "the built-in card provider is for trying out: say off")
    return word == "built-in"
