"""Answers that take as long for a known address as for an unknown one."""

import math
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app

View = TypeVar("View", bound=Callable[..., Any])

STEP_SECONDS = 0.05


def answered_in_steps(view: View) -> View:
    """Hold the answer until a whole number of steps has passed since the request began.

    The same statements run for known and unknown addresses but for the event that mails; that
    millisecond disappears in the step. Refusals are held back alike.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        began = time.monotonic()
        try:
            return current_app.ensure_sync(view)(*args, **kwargs)
        finally:
            passed = time.monotonic() - began
            wait = math.ceil(passed / STEP_SECONDS) * STEP_SECONDS - passed
            threading.Event().wait(wait)

    return wrapper  # type: ignore[return-value] # the same view, later
