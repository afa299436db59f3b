"""What you tell about yourself: personal profile, picture, membership, language, country, zone.

Not here: names, addresses and roles (auth_service owns them, this service keeps a copy), a
therapist's public record (booking_service).
"""
