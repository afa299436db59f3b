"""The settings of chat_service; README.md has the table."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import ServiceSettings, SettingsReader, service_values

MASTER_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment."""

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
            **service_values(reader, "chat"),
            "text_master_key": reader.key_bytes(
                "TEXT_MASTER_KEY", "text-master-key.key", length=MASTER_KEY_BYTES
            ),
            "text_master_key_previous": _previous_key(reader),
        }
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type


def _previous_key(reader: SettingsReader) -> bytes | None:
    name = "TEXT_MASTER_KEY_PREVIOUS"
    written = reader.optional_key(name, "text-master-key-previous.key")
    if written is None:
        return None
    try:
        material = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != MASTER_KEY_BYTES:
        reader.complain(name, f"must be base64 of {MASTER_KEY_BYTES} bytes")
    return material
