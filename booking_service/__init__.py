"""Therapists and hours: public records, weekly hours and absences, free slots, what clients look
for, holds, appointments, the care relation, cards on file.

Not here: who somebody is (auth_service), pictures and profiles (profile_service), what a client and
a therapist say to each other (chat_service), mails and reminders (notification_service).
"""
