"""The one door: passes `/api/v1` on to the services and speaks the three legacy dialects; it owns
no domain data and joins none.
"""
