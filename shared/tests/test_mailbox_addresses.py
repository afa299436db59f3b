"""One mailbox, one address: the canonical form, and how it is shown."""

import contextlib
import json

import pytest

from shared import strict_json
from shared.mailbox_addresses import mailbox_address, shown_address


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna@Example.ORG\n", "anna@example.org"),
        ("anna@faß.de", "anna@xn--fa-hia.de"),
        ("anna@straße.de", "anna@xn--strae-oqa.de"),
        ("anna@βόλος.gr", "anna@xn--nxasmm1c.gr"),
        ("anna@ΒΌΛΟΣ.gr", "anna@xn--nxasmq6b.gr"),
        ("x@bücher.example", "x@xn--bcher-kva.example"),
        ("x@BU\u0308CHER.example", "x@xn--bcher-kva.example"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ("x@XN--Bcher-KVA.example", "x@xn--bcher-kva.example"),
        ("x@gmail。com", "x@gmail.com"),
        ("x@gmail．com", "x@gmail.com"),
        ("x@gmail｡com", "x@gmail.com"),
        ("ａｎｎａ＠ｇｍａｉｌ．ｃｏｍ", "anna@gmail.com"),
        ("anna@ⓔⓧⓐⓜⓟⓛⓔ.org", "anna@example.org"),
        ("anna@\N{KELVIN SIGN}iwi.org", "anna@kiwi.org"),
        ("anna@例え。テスト", "anna@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_every_spelling_of_a_mailbox_is_one_address(written, canonical):
    address = mailbox_address(written)
    assert address == canonical
    assert mailbox_address(address) == canonical
    assert mailbox_address(shown_address(address)) == canonical
    assert mailbox_address(shown_address(str(address))) == canonical
    assert str(address).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "anna@☃.example",
        "anna@💩.la",
        "anna@xn--ls8h.la",
        "anna@xn--a.org",
        "anna@-x.org",
        "anna@exa\u00admple.org",
        "anna@exa\u200bmple.org",
        "anna@ex\u200cample.org",
        "anna@١.org",
        "anna@example.org.",
        "anna@example.org。",
        "anna@example。",
        "anna﹫b@example.org",
        "anna@a℀b.org",
        "anna@[127.0.0.1]",
        "anna\x00@example.org",
        "anna@\ud800.org",
        "аnna@example.org",
        "an\u200bna@example.org",
        "@example.org",
        "anna@",
        "",
    ],
)
def test_what_has_no_canonical_form_is_refused(text):
    with pytest.raises(ValueError, match="not an address"):
        mailbox_address(text)


def test_an_address_is_shown_as_it_was_written_or_in_its_own_letters():
    assert shown_address(mailbox_address("Anna@Faß.de")) == "anna@faß.de"
    assert shown_address(mailbox_address("x@gmail。com")) == "x@gmail。com"
    assert shown_address("anna@xn--fa-hia.de") == "anna@faß.de"
    assert shown_address("anna@xn--unreadable-.de") == "anna@xn--unreadable-.de"


def test_an_address_is_a_text_for_everybody_else():
    address = mailbox_address("x@bücher.example")
    assert strict_json.dumps({"email": address}) == b'{"email":"x@xn--bcher-kva.example"}'
    assert json.loads(json.dumps([address])) == ["x@xn--bcher-kva.example"]


def test_an_address_that_grows_in_lower_case_still_fits_its_column():
    accepted = []
    for number in range(1, 60):
        with contextlib.suppress(ValueError):
            accepted.append(mailbox_address("a@" + "İİİ." * number + "org"))
    assert accepted
    assert max(len(address) for address in accepted) <= 254
    assert max(len(address.shown) for address in accepted) <= 254
    with pytest.raises(ValueError, match="not an address"):
        mailbox_address("a@" + "İİİ." * 62 + "org")


@pytest.mark.parametrize("local_part", ["ä", "анна", "İ", "x" * 65, "a\u0301"])
def test_an_address_no_mail_can_be_written_to_is_none(local_part: str):
    with pytest.raises(ValueError, match="not an address"):
        mailbox_address(f"{local_part}@example.org")
    assert mailbox_address("x" * 64 + "@example.org")
