"""The conformance suite: readable golden exchanges of the three legacy contracts, replayed through
a running gateway.

`exchanges/` holds the exchanges, `setup_steps.py` what may stand in their `given`, `masks.py` how
an answer is compared. `python -m tests.conformance --help` runs them against any platform.
"""
