"""What is talked about: the guided programme with its sessions, transcripts and answers, and the
conversations between a client and their therapist.

Not here: who may be whose therapist (booking_service), how a person wants to be spoken to
(profile_service), telling people that something happened (notification_service).
"""
