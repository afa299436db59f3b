"""Who you are: accounts, proof of e-mail addresses, passwords, login sessions, tokens and their
keys, roles.

Not here: what people tell about themselves (profile_service) or do (booking_service, chat_service).
"""
