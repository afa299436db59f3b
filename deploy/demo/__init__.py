"""Demonstration people: therapists with texts and free hours, and a few clients.

They are loaded through the gateway as staff would enter them, never into a database.
"""
