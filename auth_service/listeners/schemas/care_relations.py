"""Data of booking's events about care relations and therapists."""

from marshmallow import EXCLUDE, Schema

from shared.http.fields import Identifier


class CareRelationSchema(Schema):
    """Who is in care with whom."""

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)


class PractitionerSchema(Schema):
    """Which therapist."""

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE

    practitioner_id = Identifier(required=True)
