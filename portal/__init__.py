"""The pages for people: confirm an address, set a password, undo a change of address, see and end
login sessions.

It owns no data and no rule: it is one more client of the gateway's `/api/v1`, with the person's own
token, which it keeps in one encrypted cookie.
"""
