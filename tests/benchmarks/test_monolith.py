"""The monolith Hearth is compared with does what it is compared for."""

import requests

from tests.benchmarks.peers import monolith


def test_it_reads_and_books_an_hour_once():
    with monolith("embedded") as peer:
        headers = {"Authorization": f"Token {peer.tokens[0]}"}
        profile = requests.get(f"{peer.url}/users/my_profile/", headers=headers, timeout=15)
        assert profile.json()["user"]["first_name"] == "Anna"
        settings = requests.get(f"{peer.url}/users/settings/", headers=headers, timeout=15)
        assert settings.json()["appointments_notification"] is True
        body = {"practitioner_id": 5, "starts_at": "2027-01-01T10:00:00Z"}
        booked = [
            requests.post(f"{peer.url}/appointments/", headers=headers, json=body, timeout=15)
            for _ in range(2)
        ]
        assert [each.status_code for each in booked] == [201, 409]
        unknown = requests.get(f"{peer.url}/users/settings/", timeout=15)
        assert unknown.status_code == 401
