"""The four ways the gateway speaks: three legacy dialects and the clean API's problem documents.

A dialect knows where a token may stand and how the gateway's own refusals look. What a row's fields
mean belongs to `gateway/translations`.
"""
