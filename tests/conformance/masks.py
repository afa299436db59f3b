"""The masks of the golden exchanges: those of every example exchange of the repository."""

from shared.testing.masks import EVERY, MASKS, differences

__all__ = ["EVERY", "MASKS", "differences"]
