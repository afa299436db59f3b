"""The append-only record of what staff do and read, as the chassis defines it."""

from profile_service.models.tables import Model
from shared.audit_entries import audit_entries as shared_audit_entries

audit_entries = shared_audit_entries.to_metadata(Model.metadata)
