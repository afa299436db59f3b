"""The exit: builders of the facts this service announces."""
