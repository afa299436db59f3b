"""Outside parties and other services, handed in by app.py and worker.py."""
