"""A real photo, as large as phones take them, at every door."""

from io import BytesIO

import pytest
import requests
from PIL import Image

from tests.people import Place, WellbeingClient, unless_busy

MOST_BYTES = 5 * 1024 * 1024
CHANGED = {"message": "Profile picture changed successfully"}


@pytest.fixture(scope="module")
def photo() -> bytes:
    """Draw about 4 MB of noise, as grainy as a photo by night."""
    grain = Image.effect_noise((2400, 1800), 80)
    image = Image.merge("RGB", [grain, grain.rotate(180), grain])
    written = BytesIO()
    image.save(written, "JPEG", quality=85, comment=b"HearthPhone 9")
    content = written.getvalue()
    assert 2_500_000 < len(content) < MOST_BYTES
    return content


def test_a_photo_of_some_megabytes_is_taken_at_both_doors(place: Place, photo: bytes) -> None:
    person = WellbeingClient(place).join()

    def by_the_old_form(content: bytes) -> requests.Response:
        file = {"picture": ("IMG_0001.JPG", content, "image/jpeg")}
        return person.call(
            "POST", "/users/change_profile_picture/", files=file, data={"caption": "me"}
        )

    def by_the_clean_api(**body: object) -> requests.Response:
        return place.call("PUT", "/api/v1/profiles/me/picture", token=person.token, **body)

    old = unless_busy(lambda: by_the_old_form(photo))
    assert (old.status_code, old.json()) == (200, CHANGED)
    shown = place.call("GET", "/api/v1/profiles/me/picture", token=person.token)
    assert shown.headers["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(shown.content)) as image:
        assert image.size == (1024, 768)
    for body in (
        {"data": photo},
        {"data": iter([photo[:70_000], photo[70_000:]])},  # in chunks, without a length
        {"files": {"picture": ("a", photo)}},
    ):
        answer = by_the_clean_api(**body)
        if answer.status_code == 503:
            answer = unless_busy(lambda: by_the_clean_api(data=photo))
        assert answer.status_code == 200, answer.text
    refused = by_the_old_form(photo + bytes(MOST_BYTES + 1 - len(photo)))
    assert (refused.status_code, refused.json()) == (413, {"detail": "Body too large."})
