"""HTTP bodies: request to command, view to answer."""
