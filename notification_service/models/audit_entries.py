"""The append-only record of what staff do and read and of security acts, as the chassis defines
it.
"""

from notification_service.models.tables import Model
from shared.audit_entries import audit_chain as shared_audit_chain
from shared.audit_entries import audit_entries as shared_audit_entries

audit_entries = shared_audit_entries.to_metadata(Model.metadata)
audit_chain = shared_audit_chain.to_metadata(Model.metadata)
