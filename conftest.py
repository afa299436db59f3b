"""Loads the repository's pytest plugin for every test below."""

pytest_plugins = ["shared.testing.plugin"]
