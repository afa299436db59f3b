"""The OpenAPI document says what every field means."""

from flask import Flask

from shared.http.app import api_of
from shared.testing.contract_checks import gaps_for_clients, undescribed_fields


def test_every_field_is_described(app: Flask):
    assert undescribed_fields(api_of(app).document()) == []


def test_a_client_can_be_made_from_it(app: Flask):
    document = api_of(app).document()
    assert gaps_for_clients(document) == []
    assert api_of(app).document() == document
