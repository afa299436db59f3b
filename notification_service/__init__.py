"""What reached whom: in-app notifications, what people want to be told, and mails.

Not here: why something happened (the service that announced it knows), or who may log in
(auth_service).
"""
