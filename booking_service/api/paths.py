"""Parts of paths every blueprint shares."""

from shared.http.blueprint import path_identifier

PRACTITIONER = path_identifier("practitioner_id")
APPOINTMENT = path_identifier("appointment_id")
HOLD = path_identifier("hold_id")
