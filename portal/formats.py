"""Days, hours, moments and money as a reader's language writes them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from flask import Flask

from portal.languages import language
from shared.currencies import minor_unit_digits

_DAYS = {"en": "EEEE d MMMM", "ru": "EEEE, d MMMM", "ar": "EEEE d MMMM"}


def register_formats(app: Flask) -> None:
    """Let templates write them; each takes an instant's text and an IANA zone."""
    app.jinja_env.filters.update(day=day, hour=hour, moment=moment, short_day=short_day)
    app.jinja_env.globals.update(money=money)


def local(instant: str, zone: str) -> datetime:
    """Give an instant of the API in a zone."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))


def day(instant: str, zone: str) -> str:
    """Give `Thursday 7 July`."""
    return day_name(local(instant, zone).date())


def day_name(of: date) -> str:
    """Give `Thursday 7 July`."""
    text = format_date(of, _DAYS[language()], locale=language())
    return text[:1].upper() + text[1:]


def short_day(instant: str, zone: str) -> str:
    """Give `Thu 7 July`."""
    return format_date(local(instant, zone).date(), "EEE d MMMM", locale=language())


def hour(instant: str, zone: str) -> str:
    """Give `09:00`."""
    return format_datetime(local(instant, zone), "HH:mm", locale=language())


def moment(instant: str, zone: str) -> str:
    """Give `7 July 2026, 09:00`."""
    return format_datetime(local(instant, zone), "d MMMM y, HH:mm", locale=language())


def money(minor_units: int, currency: str) -> str:
    """Give a price; what is whole stands without decimals."""
    decimals = minor_unit_digits()[currency]
    amount = Decimal(minor_units).scaleb(-decimals)
    is_whole = amount == amount.to_integral_value()
    fraction = "" if is_whole else "." + "0" * decimals
    standard = Locale.parse(language()).currency_formats["standard"].pattern
    return format_currency(
        amount,
        currency,
        standard.replace(".00", fraction),
        locale=language(),
        currency_digits=False,
    )
