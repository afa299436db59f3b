"""Entrance 3, timed work, safe with several workers."""
