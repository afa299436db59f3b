"""Running the platform: the launcher behind `make run`, the demo data and the compose stack."""
