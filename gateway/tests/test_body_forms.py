"""Bodies in every form old clients send: JSON with and without a media type, url-encoded,
multipart.
"""

import random
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from gateway.body_forms import fields_of
from gateway.errors import Fault, Refused
from gateway.tests.conftest import body_of
from gateway.tests.stub_services import Reply, StubService
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]
BOUNDARY = "multipart/form-data; boundary=b"


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def picture_form(content: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="picture"; filename="a.png"'
    return multipart(head + b"\r\nContent-Type: image/png\r\n\r\n" + content)


def text_part(name: bytes, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"a": "1", "b": "\xc3\xa9"}', "application/json"),
        (b'{"a": "1", "b": "\xc3\xa9"}', "application/json; charset=utf-8"),
        (b'{"a": "1", "b": "\xc3\xa9"}', "Application/JSON"),
        (b'{"a": "1", "b": "\xc3\xa9"}', "application/vnd.api+json"),
        (b'{"a": "1", "b": "\xc3\xa9"}', ""),
        (b"a=1&b=%C3%A9", "application/x-www-form-urlencoded"),
        (b"a=1&b=\xc3\xa9", "application/x-www-form-urlencoded; charset=utf-8"),
        (multipart(text_part(b"a", b"1"), text_part(b"b", b"\xc3\xa9")), BOUNDARY),
    ],
)
def test_one_object_in_every_form(content: bytes, media_type: str) -> None:
    assert fields_of(content, media_type).fields == {"a": "1", "b": "é"}


@pytest.mark.parametrize(
    ("content", "media_type", "fault"),
    [
        (b"a=1&a=2", "application/x-www-form-urlencoded", Fault.UNREADABLE_BODY),
        (b"a=%FF", "application/x-www-form-urlencoded", Fault.UNREADABLE_BODY),
        (b"a=\xff", "application/x-www-form-urlencoded", Fault.UNREADABLE_BODY),
        (b"a=%ED%A0%80", "application/x-www-form-urlencoded", Fault.UNREADABLE_BODY),
        (
            "&".join(f"a{n}=1" for n in range(201)).encode(),
            "application/x-www-form-urlencoded",
            Fault.UNREADABLE_BODY,
        ),
        (multipart(text_part(b"a", b"1"), text_part(b"a", b"2")), BOUNDARY, Fault.UNREADABLE_BODY),
        (multipart(text_part(b"a", b"\xff")), BOUNDARY, Fault.UNREADABLE_BODY),
        (b"nothing like a form", BOUNDARY, Fault.UNREADABLE_BODY),
        (multipart(text_part(b"a", b"1")), "multipart/form-data", Fault.UNREADABLE_BODY),
        (b"--b\r\nContent-Disposition: form-data; na", BOUNDARY, Fault.UNREADABLE_BODY),
        (b"<a/>", "application/xml", Fault.MEDIA_TYPE),
        (b"x", "application/octet-stream", Fault.MEDIA_TYPE),
        (b"x", "nonsense", Fault.MEDIA_TYPE),
    ],
)
def test_what_is_no_object_in_its_form_is_refused(
    content: bytes, media_type: str, fault: Fault
) -> None:
    with pytest.raises(Refused) as caught:
        fields_of(content, media_type)
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", BOUNDARY, "application/json"]
)
def test_an_empty_body_is_an_empty_object_whatever_it_claims_to_be(media_type: str) -> None:
    assert fields_of(b"", media_type).fields == {}


def test_many_form_parts_are_refused_and_not_held() -> None:
    parts = multipart(*(text_part(b"a%d" % n, b"1") for n in range(300)))
    with pytest.raises(Refused) as caught:
        fields_of(parts, BOUNDARY)
    assert caught.value.fault is Fault.BODY_TOO_LARGE


def test_a_form_reaches_the_service_as_json(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["booking"].reply("PUT", "/api/v1/matching-preferences/me", Reply(json={"topics": []}))
    form = {
        "session": token_maker.token(), "user_age": "30", "user_experience": "true",
        "user_isindividual": "1", "user_filters": "10, 11, 24", "user_sex_preference": "2",
        "user_time_preference": "2", "user_selected_time": "3", "user_cash_preference": "3",
    }  # fmt: skip
    for more in ({}, {"content_type": "multipart/form-data"}):
        assert body_of(client.post("/userdata", data=dict(form), **more)) == {"status": True}
        asked = services["booking"].asked[-1]
        assert asked.headers["content-type"] == "application/json"
        assert asked.json["age"] == 30
        assert asked.json["topics"] == [10, 11, 24]


def test_a_picture_comes_by_form_only(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["profile"].reply("PUT", "/api/v1/profiles/me/picture", Reply(json={"etag": "e"}))
    headers = token_maker.headers()
    url = "/users/change_profile_picture/"
    content = b"\x89PNG" + bytes(range(256)) * 20_000
    sent = client.post(url, data=picture_form(content), content_type=BOUNDARY, headers=headers)
    assert body_of(sent) == {"message": "Profile picture changed successfully"}
    assert services["profile"].asked[-1].body == content
    by_json = client.post(url, json={"picture": "x"}, headers=headers)
    assert (by_json.status_code, body_of(by_json)) == (
        415,
        {"detail": 'Unsupported media type "application/json" in request.'},
    )
    no_file = client.post(url, data={"picture": "text"}, headers=headers)
    assert (no_file.status_code, body_of(no_file)) == (
        400,
        {"picture": ["No file was submitted."]},
    )
    for size in (5 * 1024 * 1024 + 1, 6 * 1024 * 1024):
        large = picture_form(b"x" * size)
        refused = client.post(url, data=large, content_type=BOUNDARY, headers=headers)
        assert (refused.status_code, body_of(refused)) == (413, {"detail": "Body too large."})


FILE_HEAD = b'Content-Disposition: form-data; name="picture"; filename="IMG_0001.jpg"'
PHOTO = (
    b"\xff\xd8\xff" + random.Random(9).randbytes(4_200_000) + b"\n" + bytes(300_000) + b"\xff\xd9"
)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (picture_form(PHOTO), BOUNDARY),
        (multipart(FILE_HEAD + b"\r\n\r\n" + PHOTO), BOUNDARY),
        (multipart(FILE_HEAD + b"\r\n\r\n" + PHOTO), 'multipart/form-data; boundary="b"'),
        (
            multipart(FILE_HEAD + b"\r\n\r\n" + PHOTO),
            "Multipart/Form-Data; charset=utf-8; boundary=b",
        ),
        (multipart(text_part(b"a", b"1"), FILE_HEAD + b"\r\n\r\n" + PHOTO), BOUNDARY),
        (multipart(FILE_HEAD + b"\r\n\r\n" + PHOTO, text_part(b"a", b"x" * 60_000)), BOUNDARY),
        (
            multipart(
                b"Content-Disposition: form-data; name=picture; filename*=UTF-8''%D1%84.jpg\r\n"
                b"Content-Type: image/jpeg\r\nContent-Length: 4500006\r\n\r\n" + PHOTO
            ),
            BOUNDARY,
        ),
    ],
)
def test_a_photo_of_4_mb_is_taken_in_every_spelling_of_a_form(
    body: bytes,
    media_type: str,
    client: FlaskClient,
    services: Services,
    token_maker: TokenMaker,
) -> None:
    services["profile"].reply("PUT", "/api/v1/profiles/me/picture", Reply(json={"etag": "e"}))
    url, headers = "/users/change_profile_picture/", token_maker.headers()
    sent = client.post(url, data=body, content_type=media_type, headers=headers)
    assert body_of(sent) == {"message": "Profile picture changed successfully"}
    assert services["profile"].asked[-1].body == PHOTO


def test_the_texts_beside_a_picture_are_bounded_all_together() -> None:
    texts = [text_part(b"a%d" % number, b"x" * 7_000) for number in range(10)]
    with pytest.raises(Refused) as caught:
        fields_of(multipart(*texts), BOUNDARY)
    assert caught.value.fault is Fault.BODY_TOO_LARGE
    assert len(fields_of(multipart(*texts[:9]), BOUNDARY).fields) == 9


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/registration", b'{"user_name": "a\\u0000", "user_mail": "a@b.hu", "password": "p"}'),
        ("/registration", b'{"user_name": "a\\ud800", "user_mail": "a@b.hu", "password": "p"}'),
        ("/registration", b"user_name=a%00&user_mail=a%40b.hu&password=p"),
    ],
)
def test_nul_and_a_lone_surrogate_are_a_bad_value_of_their_field(
    path: str, body: bytes, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    media_type = (
        "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    )
    response = client.post(path, data=body, content_type=media_type)
    assert body_of(response) == {"status": False, "error": "Incorrect field: user_name"}
    asked_nobody()


def test_an_unknown_key_with_a_lone_surrogate_is_ignored_as_any_unknown_key(
    client: FlaskClient, services: Services
) -> None:
    services["auth"].reply("POST", "/internal/v1/login-sessions", Reply(status=201, json={
        "access_token": "t", "expires_at": "2026-11-21T00:00:00.000000Z"
    }))  # fmt: skip
    body = b'{"email": "a@b.hu", "password": "p", "\\ud800": "\\u0000", "more": {"\\ud800": 1}}'
    response = client.post("/login", data=body, content_type="application/json")
    assert response.status_code == 200
    assert set(services["auth"].asked[-1].json) >= {"email", "password"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Transfer-Encoding": "chunked", "Content-Length": "5"},
        {"Transfer-Encoding": "gzip, chunked"},
        {"Transfer-Encoding": "identity"},
        {"Transfer-Encoding": "xchunked"},
        {"Content-Length": "-1"},
        {"Content-Length": "+5"},
        {"Content-Length": "5,5"},
        {"Content-Length": "0x5"},
        {"Content-Length": "\u0665"},
    ],
)
def test_ambiguous_framing_is_refused_in_every_dialect(
    headers: dict[str, str], client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    environ = {
        "CONTENT_LENGTH": headers.get("Content-Length", ""),
        **(
            {"HTTP_TRANSFER_ENCODING": headers["Transfer-Encoding"]}
            if "Transfer-Encoding" in headers
            else {}
        ),
    }
    for path, status in (
        ("/users/login/", 400),
        ("/users", 409),
        ("/registration", 200),
        ("/api/v1/messages", 400),
    ):
        response = client.post(path, environ_overrides=environ)
        assert response.status_code == status
    asked_nobody()
