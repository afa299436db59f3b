"""The peer `make bench` measures beside Hearth: one Django REST app with one database, as the older
wellbeing system was one, written for this comparison.

Three operations: a profile with progress and membership, notification settings, and a booking that
a unique constraint decides, with what follows of it (a notification for each side) in the same
transaction. Tokens are JWTs, whose account is looked up for each request.

`python app.py prepare` makes the tables and prints a token for each of some clients;
`gunicorn app:application` serves. MONOLITH_DATABASE is a path of SQLite or a URL of PostgreSQL.
"""

import json
import os
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import django
from django.conf import settings

ACCOUNTS = 1_000
TOKENS = 100


def _database() -> dict[str, object]:
    place = os.environ["MONOLITH_DATABASE"]
    if "://" not in place:
        # as Hearth's services have it: readers and a writer beside each other
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place, "OPTIONS": options}
    url = urlsplit(place)
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
        "PASSWORD": url.password or "", "HOST": url.hostname, "PORT": url.port or 5432,
    }  # fmt: skip


settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": _database() | {"CONN_MAX_AGE": 600}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTAuthentication"
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-benchmarks-" * 3,
    SIMPLE_JWT={"AUTH_HEADER_TYPES": ("Token",), "ACCESS_TOKEN_LIFETIME": timedelta(hours=12)},
    TIME_ZONE="UTC",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - needs the settings above
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers, status  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402


class Profile(models.Model):
    """What a person told, and how far they have come."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    birth_date = models.DateField(null=True)
    gender = models.CharField(max_length=1, null=True)
    specialty = models.CharField(max_length=128, null=True)
    is_premium = models.BooleanField(default=False)
    finished_sessions = models.IntegerField(default=0)

    class Meta:
        app_label = "monolith"


class NotificationSettings(models.Model):
    """What a person wants to be told."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    appointments_notification = models.BooleanField(default=True)
    results_notification = models.BooleanField(default=True)
    email_notification = models.BooleanField(default=False)
    marketing_email = models.BooleanField(default=False)

    class Meta:
        app_label = "monolith"


class Appointment(models.Model):
    """An hour with a therapist, once."""

    client = models.ForeignKey(User, on_delete=models.CASCADE)
    practitioner_id = models.BigIntegerField()
    starts_at = models.DateTimeField()

    class Meta:
        app_label = "monolith"
        constraints = (
            models.UniqueConstraint(fields=["practitioner_id", "starts_at"], name="one_each_hour"),
        )


class Notification(models.Model):
    """That somebody was told."""

    recipient_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "monolith"


MODELS = (Profile, NotificationSettings, Appointment, Notification)


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "email", "first_name", "last_name")


class ProfileSerializer(serializers.ModelSerializer):
    user = UserSerializer()

    class Meta:
        model = Profile
        fields = ("user", "birth_date", "gender", "specialty", "is_premium", "finished_sessions")


class SettingsSerializer(serializers.ModelSerializer):
    class Meta:
        model = NotificationSettings
        exclude = ("id", "user")


class AppointmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Appointment
        fields = ("id", "practitioner_id", "starts_at")
        validators = ()  # the constraint decides


class MyProfile(APIView):
    """GET /users/my_profile/."""

    def get(self, request):
        """Read the caller's profile."""
        profile = Profile.objects.select_related("user").get(user=request.user)
        return Response(ProfileSerializer(profile).data)


class Settings(APIView):
    """GET /users/settings/."""

    def get(self, request):
        """Read the caller's settings."""
        found = NotificationSettings.objects.get(user=request.user)
        return Response(SettingsSerializer(found).data)


class Appointments(APIView):
    """POST /appointments/."""

    def post(self, request):
        """Book an hour and tell both sides."""
        wanted = AppointmentSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                booked = wanted.save(client=request.user)
                for recipient_id in (request.user.id, booked.practitioner_id):
                    Notification.objects.create(recipient_id=recipient_id, kind="booked")
        except IntegrityError:
            return Response({"detail": "This hour is taken."}, status=status.HTTP_409_CONFLICT)
        return Response(AppointmentSerializer(booked).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("users/my_profile/", MyProfile.as_view()),
    path("users/settings/", Settings.as_view()),
    path("appointments/", Appointments.as_view()),
]
application = get_wsgi_application()


def prepare() -> None:
    """Make tables and people; print the tokens of some as JSON."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    users = User.objects.bulk_create(
        User(username=f"p{n}", email=f"p{n}@example.org", first_name="Anna", last_name="Kovács")
        for n in range(ACCOUNTS)
    )
    Profile.objects.bulk_create(Profile(user=user) for user in users)
    NotificationSettings.objects.bulk_create(NotificationSettings(user=user) for user in users)
    print(json.dumps([str(AccessToken.for_user(user)) for user in users[:TOKENS]]))


if __name__ == "__main__" and sys.argv[1:] == ["prepare"]:
    prepare()
