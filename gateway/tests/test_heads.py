"""Which heads are taken, and what of one reaches the rest of the gateway."""

from http import HTTPStatus

import pytest

from gateway.heads import (
    MOST_FIELD_BYTES,
    MOST_FIELDS,
    MOST_LINE_BYTES,
    Framing,
    HeadRefused,
    judged_head,
    judged_part,
    plain_head,
    request_of_taken,
)

GET = b"GET /x HTTP/1.1\r\n"


def head(*fields: bytes, line: bytes = GET) -> bytes:
    return line + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


@pytest.mark.parametrize(
    ("taken", "framing"),
    [
        (head(), Framing(method="GET", body_bytes=0, is_awaited=False)),
        (b"\r\n" + head(), Framing(method="GET", body_bytes=0, is_awaited=False)),
        (head(b"Content-Length: 12"), Framing(method="GET", body_bytes=12, is_awaited=False)),
        (head(b"content-length:\t12 "), Framing(method="GET", body_bytes=12, is_awaited=False)),
        (head(b"Transfer-Encoding: Chunked"),
         Framing(method="GET", body_bytes=None, is_awaited=False)),
        (head(b"Expect: 100-Continue", b"Content-Length: 1"),
         Framing(method="GET", body_bytes=1, is_awaited=True)),
        (head(b"Expect: 100-continue", line=b"PUT /x HTTP/1.0\r\n"),
         Framing(method="PUT", body_bytes=0, is_awaited=False)),
        (head(b"X: \xc3\xa9\tb", line=b"FOO http://h/x?y HTTP/1.1\r\n"),
         Framing(method="FOO", body_bytes=0, is_awaited=False)),
    ],
)  # fmt: skip
def test_plain_heads_are_taken(taken: bytes, framing: Framing) -> None:
    assert judged_head(taken) == framing


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        *(
            (head(line=line), 400)
            for line in (
                b"GET  /x HTTP/1.1\r\n", b"GET /x  HTTP/1.1\r\n", b"GET /x HTTP/1.1 \r\n",
                b"GET /x HTTP/1.2\r\n", b"GET /x HTTP/2.0\r\n", b"GET /x\r\n",
                b" GET /x HTTP/1.1\r\n",
                b"get /x HTTP/1.1\r\n", b"GE /x HTTP/1.1\r\n", b"G\0T /x HTTP/1.1\r\n",
                b"GET /\xff HTTP/1.1\r\n", b"GET /\x7f HTTP/1.1\r\n", b"GET\t/x HTTP/1.1\r\n",
                b"GET /x HTTP/1.1\n", b"\r\n\r\nGET /x HTTP/1.1\r\n",
            )
        ),
        *(
            (head(*fields), 400)
            for fields in (
                [b"X : a"], [b" X: a"], [b"X: a", b" b"], [b"X: a", b"\tb"], [b"no colon"],
                [b": a"],
                [b"X\0: a"], [b"X: \0"], [b"X: a\x0bb"], [b"X: a\x7f"], [b"X: a\rY: b"],
                [b"X: a\nY: b"], [b"X Y: a"], [b"X\xff: a"],
                [b"Host: a", b"Host: a"], [b"Content-Type: a", b"content-type: b"],
                [b"Content-Length: 1", b"Content-Length: 1"], [b"Content-Length: 1, 1"],
                [b"Content-Length: +1"], [b"Content-Length: -1"], [b"Content-Length: 0x1"],
                [b"Content-Length: 1 1"], [b"Content-Length: "], [b"Content-Length: \xb2"],
                [b"Content-Length: 5", b"Transfer-Encoding: chunked"],
                [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
            )
        ),
        (head(b"Transfer-Encoding: chunked", line=b"PUT /x HTTP/1.0\r\n"), 400),
        *(
            (head(b"Transfer-Encoding: " + coding), 501)
            for coding in (b"gzip", b"gzip, chunked", b"chunked, chunked", b"identity", b"")
        ),
        (head(b"Transfer-Encoding:\x0bchunked"), 400),
        (head(b"Expect: wonders"), 417),
        (head(b"Content-Length: " + b"9" * 20), 413),
        (head(line=b"GET /" + b"x" * MOST_LINE_BYTES + b" HTTP/1.1\r\n"), 414),
        (head(b"X: " + b"x" * MOST_FIELD_BYTES), 431),
        (head(*[b"X: 1"] * (MOST_FIELDS + 1)), 431),
        (head(*[b"X: " + b"x" * 8000] * 5), 431),
    ],
)  # fmt: skip
def test_what_two_programs_could_read_differently_is_refused(refused: bytes, status: int) -> None:
    with pytest.raises(HeadRefused) as caught:
        judged_head(refused)
    assert caught.value.status == status


def test_what_is_just_short_enough_is_taken() -> None:
    line = b"GET /" + b"x" * (MOST_LINE_BYTES - len(b"GET / HTTP/1.1")) + b" HTTP/1.1\r\n"
    assert judged_head(head(line=line)).body_bytes == 0
    assert judged_head(head(*[b"X: 1"] * MOST_FIELDS)).body_bytes == 0
    assert judged_head(head(b"X: " + b"x" * (MOST_FIELD_BYTES - 5))).body_bytes == 0


@pytest.mark.parametrize(
    ("part", "status"),
    [
        (b"GET /x HTTP/1.1\r\nX: ", None),
        (b"G", None),
        (b"", None),
        (b"GET\n", HTTPStatus.BAD_REQUEST),
        (b"GET /x HTTP/1.1\r\nX: a\nY", HTTPStatus.BAD_REQUEST),
        (b"x" * (MOST_LINE_BYTES + 10), HTTPStatus.REQUEST_URI_TOO_LONG),
        (b"GET /x HTTP/1.1\r\n" + b"X: y\r\n" * 8000, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    ],
)
def test_a_part_that_can_be_no_head_is_not_waited_for(
    part: bytes, status: HTTPStatus | None
) -> None:
    found = None
    try:
        judged_part(bytearray(part))
    except HeadRefused as refused:
        found = refused.status
    assert found == status


def test_the_parser_is_told_of_no_other_protocol_and_no_strange_method() -> None:
    asking = head(b"Connection: Upgrade", b"UPGRADE: h2c", b"X: y")
    assert plain_head(asking, "GET") == head(b"Connection: Upgrade", b"X: y")
    assert plain_head(head(line=b"CONNECT h:443 HTTP/1.1\r\n"), "CONNECT").startswith(
        b"PATCH h:443 "
    )


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a%20b?c=%20d", "/a b", "c=%20d"),
        ("/a#b?c", "/a", ""),
        ("/a?b?c#d", "/a", "b?c"),
        ("http://h/a?b", "/a", "b"),
        ("http://h", "/", ""),
        ("http://[::1/a", "*", ""),
        ("//h/a", "//h/a", ""),
        ("*", "*", ""),
    ],
)
def test_a_target_is_split_as_services_split_it(target: str, path: str, query: str) -> None:
    request = request_of_taken("GET", target, (), "203.0.113.9")
    assert (request.path, request.query) == (path, query)


def test_headers_are_kept_by_name_and_joined() -> None:
    headers = (
        (b"Content-Type", b"a/b"), (b"content-length", b"5"), (b"X-A", b"1"), (b"x-a", b"2"),
        (b"X_B", b"3"), (b"X-C", b"\xe9"),
    )  # fmt: skip
    request = request_of_taken("GET", "/", headers, "203.0.113.9")
    assert request.headers == {
        "content-type": "a/b", "content-length": "5", "x-a": "1,2", "x-c": "é",
    }  # fmt: skip
