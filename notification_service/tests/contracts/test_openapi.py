"""The OpenAPI document says what every field means."""

from flask import Flask

from shared.http.app import api_of
from shared.testing.contract_checks import undescribed_fields


def test_every_field_is_described(app: Flask):
    assert undescribed_fields(api_of(app).document()) == []
