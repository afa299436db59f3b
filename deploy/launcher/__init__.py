"""The small supervisor behind `make run`.

It reads the Procfile, migrates, starts every process, brings a dead one back and stops them all in
order. Here lives nothing of a service: only how processes are started, watched and stopped.
"""
