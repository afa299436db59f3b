"""Reading cards on file."""

from sqlalchemy.orm import Session

from booking_service.models.payment_methods import PaymentMethod


def payment_method_of(session: Session, account_id: int) -> PaymentMethod | None:
    """Give the card an account has on file."""
    return session.get(PaymentMethod, account_id)
