"""Pictures: what goes in is encoded anew, what comes out is seen by whom it may."""

from io import BytesIO

import pytest
from PIL import Image

from profile_service.domain import picture_files
from profile_service.domain.picture_files import MOST_BYTES
from profile_service.domain.pictures import default_picture
from profile_service.tests.factories import Siblings, event, picture
from profile_service.tests.picture_shapes import photo
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

MINE = "/api/v1/profiles/me/picture"
THEIRS = "/api/v1/profiles/17/picture"
PUBLIC = "/api/v1/pictures/17"


@pytest.fixture(autouse=True)
def _patience_with_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "TIMEOUT_SECONDS", 30.0)


@pytest.fixture
def headers(token_maker: TokenMaker) -> dict[str, str]:
    return token_maker.headers(17)


def _put(client, headers, content: bytes, media_type: str = "application/octet-stream"):
    return client.put(MINE, data=content, headers=headers, content_type=media_type)


def _put_in_chunks(client, headers, content: bytes):
    """Send as a server hands over a chunked body: no length, but an end."""
    return client.put(
        MINE,
        input_stream=BytesIO(content),
        headers=headers,
        environ_overrides={"wsgi.input_terminated": True},
    )


def _form(content: bytes) -> bytes:
    """Spell a form by hand: the test client would leave a large one's temporary file open."""
    head = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
    return head + content + b"\r\n--b--\r\n"


def _is_default(answer) -> bool:
    assert answer.status_code == 200
    assert answer.content_type == "image/jpeg"
    return answer.data == default_picture().content


@pytest.mark.parametrize("media_type", ["application/octet-stream", "image/png", "text/html", ""])
def test_a_picture_is_shown_as_jpeg_whatever_the_sender_called_it(client, headers, media_type: str):
    put = _put(client, headers, picture("PNG"), media_type)
    assert put.status_code == 200
    shown = client.get(MINE, headers=headers)
    assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
    assert shown.headers["ETag"] == f'"{put.json["etag"]}"'
    assert len(shown.data) == put.json["size_bytes"]
    with Image.open(BytesIO(shown.data)) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))


def test_a_form_with_the_file_is_taken_too(client, headers):
    form = {"picture": (BytesIO(picture("WEBP")), "../../etc/passwd.svg", "image/svg+xml")}
    assert client.put(MINE, data=form, headers=headers).status_code == 200
    missing = client.put(MINE, data={"other": (BytesIO(b"x"), "x")}, headers=headers)
    assert (missing.status_code, list(missing.json["errors"])) == (422, ["picture"])
    text = client.put(
        MINE, data={"picture": "a text"}, headers=headers, content_type="multipart/form-data"
    )
    assert text.status_code == 422


def test_a_photo_of_some_megabytes_is_taken_as_body_and_as_form(client, headers):
    content = photo(12)
    assert 2_000_000 < len(content) < MOST_BYTES
    padded = content + bytes(MOST_BYTES - len(content))
    for sent in (content, padded):
        assert _put(client, headers, sent).status_code == 200
        form = _put(client, headers, _form(sent), "multipart/form-data; boundary=b")
        assert form.status_code == 200, form.json


def test_a_new_picture_replaces_the_old_and_the_tag_follows(client, headers):
    first = _put(client, headers, picture()).json["etag"]
    assert _put(client, headers, picture()).json["etag"] == first
    second = _put(client, headers, picture(size=(50, 50))).json["etag"]
    assert second != first
    unchanged = client.get(MINE, headers={**headers, "If-None-Match": f'"{second}"'})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert client.get(MINE, headers={**headers, "If-None-Match": f'"{first}"'}).status_code == 200


@pytest.mark.parametrize("is_form", [False, True])
def test_the_same_idempotency_key_sets_a_picture_once(client, headers, is_form: bool):
    keyed = {**headers, "Idempotency-Key": "picture-1"}

    def put(content: bytes):
        if is_form:
            return _put(client, keyed, _form(content), "multipart/form-data; boundary=b")
        return _put(client, keyed, content)

    first = put(picture("PNG"))
    later = _put(client, headers, picture("PNG", size=(9, 9)))
    again = put(picture("PNG"))
    assert (again.status_code, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get(MINE, headers=headers).headers["ETag"].strip('"') == later.json["etag"]
    reused = put(picture("PNG", size=(8, 8)))
    assert (reused.status_code, reused.json["code"]) == (409, "idempotency_key_reused")


def test_a_deleted_picture_gives_way_to_the_default(client, headers):
    _put(client, headers, picture())
    for _ in range(2):
        assert client.delete(MINE, headers=headers).status_code == 204
    assert _is_default(client.get(MINE, headers=headers))


def test_pictures_put_at_the_same_time_leave_one_whole_picture(app, headers):
    """One is encoded, two may wait; the others are asked to come again."""
    sent = [picture(size=(40 + number, 40)) for number in range(6)]
    answers = at_the_same_time(
        [lambda content=content: _put(app.test_client(), headers, content) for content in sent]  # type: ignore[misc]
    )
    taken = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert taken
    assert {answer.status_code for answer in refused} <= {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    shown = app.test_client().get(MINE, headers=headers)
    assert shown.headers["ETag"].strip('"') in {answer.json["etag"] for answer in taken}


@pytest.mark.parametrize("content", [b"", b"x", b"GIF89a" + b"\x00" * 50, b"<svg/>"])
def test_what_is_no_picture_is_refused_and_the_old_one_stays(client, headers, content: bytes):
    kept = _put(client, headers, picture()).json["etag"]
    refused = _put(client, headers, content)
    assert (refused.status_code, refused.json["code"]) == (422, "not_an_image")
    assert client.get(MINE, headers=headers).headers["ETag"] == f'"{kept}"'


def test_a_large_picture_fits_through_a_form_and_through_a_body_without_a_length(client, headers):
    content = picture() + b"\x00" * 3_000_000
    form = client.put(
        MINE,
        data=_form(content),
        headers=headers,
        content_type="multipart/form-data; boundary=b",
    )
    assert form.status_code == 200
    assert _put_in_chunks(client, headers, content).status_code == 200


def test_a_body_without_a_length_is_bounded_too(client, headers):
    content = picture() + b"\x00" * MOST_BYTES
    refused = _put_in_chunks(client, headers, content)
    assert (refused.status_code, refused.json["code"]) == (413, "body_too_large")


def test_more_than_five_megabytes_are_refused_in_both_forms(client, headers):
    small = picture()
    exact = small + b"\x00" * (MOST_BYTES - len(small))
    assert _put(client, headers, exact).status_code == 200
    for content in (exact + b"\x00", b"\x00" * (MOST_BYTES * 2)):
        raw = _put(client, headers, content)
        assert (raw.status_code, raw.json["code"]) == (413, "body_too_large")
        form = client.put(
            MINE,
            data=_form(content),
            headers=headers,
            content_type="multipart/form-data; boundary=b",
        )
        assert (form.status_code, form.json["code"]) == (413, "body_too_large")


class TestSeenByOthers:
    @pytest.fixture(autouse=True)
    def _sent(self, client, headers) -> None:
        assert _put(client, headers, picture()).status_code == 200

    def test_strangers_see_the_default(self, client, token_maker: TokenMaker):
        for role in ("client", "therapist"):
            assert _is_default(client.get(THEIRS, headers=token_maker.headers(5, role)))

    def test_the_person_staff_and_the_other_side_of_care_see_it(
        self, client, headers, token_maker: TokenMaker, siblings: Siblings
    ):
        siblings.booking.relations = {(17, 42)}
        for seeing in (
            headers, token_maker.headers(42, "therapist"), token_maker.headers(5, "moderator"),
            token_maker.headers(5, "admin"),
        ):  # fmt: skip
            answer = client.get(THEIRS, headers=seeing)
            assert not _is_default(answer)
            assert answer.headers["Cache-Control"] == "private, no-cache"

    def test_a_listed_therapists_is_open_to_all_right_after_publishing(
        self, client, token_maker: TokenMaker, siblings: Siblings
    ):
        assert _is_default(client.get(PUBLIC))
        siblings.booking.listed = {17}
        public = client.get(PUBLIC)
        assert not _is_default(public)
        assert public.headers["Cache-Control"].startswith("public")
        tag = public.headers["ETag"]
        assert client.get(PUBLIC, headers={"If-None-Match": tag}).status_code == 304
        assert not _is_default(client.get(THEIRS, headers=token_maker.headers(5)))

    def test_the_copy_decides_while_booking_is_down(self, client, hear, siblings: Siblings):
        siblings.booking.is_down = True
        assert _is_default(client.get(PUBLIC))
        hear(event("booking.practitioner.published.v1", practitioner_id=17))
        assert not _is_default(client.get(PUBLIC))
        hear(event("booking.practitioner.withdrawn.v1", practitioner_id=17))
        assert _is_default(client.get(PUBLIC))

    def test_an_account_that_is_gone_has_no_picture(
        self, client, token_maker: TokenMaker, siblings: Siblings
    ):
        siblings.accounts.unknown.add(17)
        answer = client.get(THEIRS, headers=token_maker.headers(5))
        assert (answer.status_code, answer.json["code"]) == (404, "profile_not_found")


def test_nobody_is_asked_about_a_picture_that_is_not_there(client, siblings: Siblings):
    siblings.all_down()
    assert _is_default(client.get("/api/v1/pictures/99"))
