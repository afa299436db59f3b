"""Every field of every legacy row against every class of input, on the whole running platform.

`classes.py` names the classes, `kinds.py` says what each kind of field does with them, `table.py`
is the table to read and to extend: row, field, kind, what the contract says about a bad one.
JSON goes to the platform on servers, where PostgreSQL is the stricter database, forms to the
embedded one. `scenes.py` knows how to reach a row and where its values are shown again.
"""
