"""Turning the master key leaves a trace."""

from sqlalchemy import select

from chat_service.models.data_keys import master_keys
from chat_service.settings import Settings
from chat_service.tests.factories import Caller
from shared.audit_entries import audit_entries
from shared.database import Database
from shared.master_key_rotation import rewrap_all


def test_rewrapped_data_keys_are_recorded(person: Caller, database: Database, settings: Settings):
    person.answer(person.sessions()[0]["id"])
    turned = master_keys(b"n" * 32, settings.text_master_key)
    for _twice in range(2):
        rewrap_all(database, turned)
    acts = select(audit_entries.c.act)
    found = database.reading(lambda session: session.execute(acts).scalars().all())
    assert found == ["data_keys_rewrapped"]
