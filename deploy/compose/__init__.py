"""The compose stack's own parts: its first secrets, its database roles, its test."""
