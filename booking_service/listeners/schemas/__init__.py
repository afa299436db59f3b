"""Data of heard events: shape to command, unknown fields ignored."""
