"""What the studio takes, what it refuses before decoding, and what never comes out."""

import contextlib
import struct
import threading
import time
import zipfile
import zlib
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from profile_service.domain import picture_encoder, picture_files
from profile_service.domain.picture_encoder import LARGEST_SIDE
from profile_service.domain.picture_files import PictureStudio
from profile_service.errors import NotAnImage
from profile_service.tests.factories import picture
from profile_service.tests.picture_shapes import shapes
from shared.errors import Unavailable
from shared.testing.waiting import at_the_same_time

CANARY = b"CANARY-7f3a"
# Photos are noisy, and printers' colours are converted without their profile.
TOLERANCE: defaultdict[str, int] = defaultdict(
    lambda: 6,
    {"photo-of-a-phone": 60, "photo-of-24-megapixels": 60, "webp-photo": 60},
)


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> PictureStudio:
    """Give a studio that has patience with a machine busy with other tests."""
    monkeypatch.setattr(picture_files, "TIMEOUT_SECONDS", 30.0)
    return PictureStudio()


def test_whoever_waits_is_answered_before_the_gateway_gives_up():
    assert picture_files.WAIT_SECONDS <= 1
    assert picture_encoder.MOST_CPU_SECONDS < picture_files.TIMEOUT_SECONDS < 2
    assert picture_files.WAIT_SECONDS + picture_files.TIMEOUT_SECONDS < 2.5


def _opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def _colour(content: bytes, place: tuple[int, int]) -> tuple[int, ...]:
    found = _opened(content).getpixel(place)
    assert isinstance(found, tuple)
    return found


def _png_header(width: int, height: int) -> bytes:
    data = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + data
        + struct.pack(">I", zlib.crc32(b"IHDR" + data))
    )  # fmt: skip


def _zip() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.html", "hello")
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}), ("JPEG", "L", {}), ("JPEG", "CMYK", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "1", {}),
        ("PNG", "LA", {}), ("PNG", "L", {}), ("PNG", "I;16", {}),
        ("WEBP", "RGB", {}), ("WEBP", "RGBA", {}), ("WEBP", "RGB", {"lossless": True}),
    ],
)  # fmt: skip
def test_every_usual_kind_becomes_an_rgb_jpeg(studio, kind: str, mode: str, options: dict):
    found = _opened(studio.encode(picture(kind, mode=mode, **options)))
    assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (60, 40))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("size", "wanted"), [((3000, 1500), (1024, 512)), ((10, 2000), (5, 1024)), ((1, 1), (1, 1))]
)
def test_a_large_picture_is_made_smaller_and_a_small_one_stays(studio, kind: str, size, wanted):
    assert _opened(studio.encode(picture(kind, size))).size == wanted


SHAPES = dict(shapes())


def test_there_are_many_shapes():
    assert len(SHAPES) >= 40


@pytest.mark.parametrize("name", SHAPES)
def test_what_people_really_send_is_taken_upright_with_its_colours(studio, name: str):
    shape = SHAPES[name]()
    found = _opened(studio.encode(shape.content))
    assert (found.format, found.mode, found.size) == ("JPEG", "RGB", shape.size)
    across, down = found.width // 2, found.height // 4
    for wanted, place in ((shape.upper, (across, down)), (shape.lower, (across, 3 * down))):
        around = found.resize((1, 1), box=(*place, place[0] + 8, place[1] + 8))
        seen = around.getpixel((0, 0))
        assert isinstance(seen, tuple)
        assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= TOLERANCE[name], (
            seen, wanted,
        )  # fmt: skip


def test_transparency_becomes_white(studio):
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    written = BytesIO()
    image.save(written, "PNG")
    assert min(_colour(studio.encode(written.getvalue()), (10, 10))) > 250


def test_a_picture_taken_sideways_is_shown_upright(studio):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    found = _opened(studio.encode(picture("JPEG", (60, 40), exif=exif)))
    assert found.size == (40, 60)
    right = _colour(studio.encode(picture("JPEG", (60, 40), exif=exif)), (35, 30))
    assert right[0] > right[2], "the red upper half is at the right now"


def test_no_byte_of_what_it_said_about_itself_comes_out(studio):
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", CANARY.decode())
    texts.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CANARY.decode()}</x:xmpmeta>")
    profile = b"\x00" * 128 + CANARY
    sent = [
        picture("JPEG", exif=exif, comment=CANARY, icc_profile=profile),
        picture("JPEG") + CANARY,
        picture("PNG", pnginfo=texts, exif=exif),
        picture("WEBP", exif=exif, icc_profile=profile, xmp=CANARY),
    ]
    for content in sent:
        assert CANARY in content or content.startswith(b"\x89PNG")
        shown = studio.encode(content)
        assert CANARY not in shown
        opened = _opened(shown)
        assert dict(opened.getexif()) == {}
        assert not {"comment", "icc_profile", "exif", "xmp"} & set(opened.info)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00" * 100, b"hello", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + b"\x00" * 500,
        b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        b"RIFF\x00\x00\x00\x00WEBP", b"RIFF" + b"\xff" * 40, b"GIF89a" + b"\x01" * 60,
        b"BM" + b"\x00" * 60, b"%PDF-1.7\n" + b"\x00" * 60, b"II*\x00" + b"\x00" * 60,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>", b"\xff\xd8\xff\xda" + b"\x00" * 100,
        b"\xff\xd8\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(studio, content: bytes):
    with pytest.raises(NotAnImage):
        studio.encode(content)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(studio, kind: str):
    with pytest.raises(NotAnImage):
        studio.encode(picture(kind))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_short_anywhere_is_refused(studio, kind: str):
    whole = picture(kind, (200, 200))
    for share in (1, 10, 50, 90):
        with pytest.raises(NotAnImage):
            studio.encode(whole[: max(1, len(whole) * share // 100)])


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG") + _zip(),
        picture("PNG") + _zip(),
        picture("PNG") + b"<script>alert(1)</script>",
        picture("PNG") + b"\x00" * 8 + b"x",
        picture("WEBP") + b"more and more",
        picture("JPEG", comment=b"<script>alert(1)</script>"),
        picture("JPEG", comment=b"<?php system($_GET[0]); ?>"),
        picture("JPEG", comment=b"%PDF-1.4 1 0 obj"),
        picture("JPEG") + b"<!DOCTYPE html><html></html>",
    ],
)
def test_a_file_that_is_two_things_at_once_is_refused(studio, content: bytes):
    with pytest.raises(NotAnImage):
        studio.encode(content)


@pytest.mark.parametrize(
    "content",
    [
        _png_header(30_000, 30_000) + b"\x00" * 500 + b"\x00\x00\x00\x00IEND\xaeB`\x82",
        _png_header(2**31 - 1, 2**31 - 1) + b"\x00\x00\x00\x00IEND\xaeB`\x82",
        _png_header(0, 10) + b"\x00\x00\x00\x00IEND\xaeB`\x82",
        b"RIFF" + (22 + 8).to_bytes(4, "little") + b"WEBPVP8X" + (10).to_bytes(4, "little")
        + b"\x10\x00\x00\x00" + (16_382).to_bytes(3, "little") * 2 + b"\x00" * 8,
        b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", 65_000, 65_000) + b"\x00" * 100,
    ],
)  # fmt: skip
def test_too_many_pixels_are_refused_without_opening_the_picture(
    studio, content: bytes, monkeypatch: pytest.MonkeyPatch
):
    def encoded(_content: bytes) -> bytes:
        raise AssertionError("it was opened")

    monkeypatch.setattr(picture_files, "_encoded", encoded)
    with pytest.raises(NotAnImage):
        studio.encode(content)


def test_a_small_file_with_many_pixels_is_refused_and_just_enough_is_taken(studio):
    bomb = BytesIO()
    Image.new("1", (5001, 5000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(NotAnImage):
        studio.encode(bomb.getvalue())
    largest = BytesIO()
    Image.new("1", (5000, 5000)).save(largest, "PNG")
    assert _opened(studio.encode(largest.getvalue())).size == (LARGEST_SIDE, LARGEST_SIDE)


def test_a_header_that_lies_about_its_size_does_no_harm(studio):
    whole = bytearray(picture("JPEG", (400, 400)))
    place = whole.index(b"\xff\xc0") + 5
    whole[place : place + 4] = struct.pack(">HH", 4, 4)
    with contextlib.suppress(NotAnImage):
        assert _opened(studio.encode(bytes(whole))).size == (4, 4)


def test_few_pictures_are_decoded_at_a_time(studio, monkeypatch: pytest.MonkeyPatch):
    inside, most, lock = [0], [0], threading.Lock()
    really = picture_files._encoded

    def counted(content: bytes) -> bytes:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        try:
            return really(content)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(picture_files, "_encoded", counted)
    content = picture("PNG", (800, 800))
    monkeypatch.setattr(picture_files, "MOST_WAITING", 6)
    monkeypatch.setattr(picture_files, "WAIT_SECONDS", 30.0)
    patient = PictureStudio()
    at_the_same_time([lambda: patient.encode(content)] * 6)
    assert most == [picture_files.AT_ONCE]


def test_two_wait_a_moment_and_further_ones_are_refused_at_once(
    studio, monkeypatch: pytest.MonkeyPatch
):
    is_working, may_end = threading.Event(), threading.Event()

    def slow(_content: bytes) -> bytes:
        is_working.set()
        assert may_end.wait(20)
        return b"jpeg"

    def refused() -> tuple[float, int]:
        before = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            studio.encode(picture())
        return time.monotonic() - before, caught.value.retry_after_seconds or 0

    monkeypatch.setattr(picture_files, "_encoded", slow)
    monkeypatch.setattr(picture_files, "WAIT_SECONDS", 5.0)
    first = threading.Thread(target=studio.encode, args=(picture(),))
    first.start()
    assert is_working.wait(20)
    waited = at_the_same_time([refused] * 16)
    may_end.set()
    first.join(20)
    at_once = [seconds for seconds, _ in waited if seconds < picture_files.WAIT_SECONDS]
    assert len(at_once) == 16 - picture_files.MOST_WAITING
    assert {retry_after for _, retry_after in waited} == {picture_files.RETRY_AFTER_SECONDS}
    assert studio.encode(picture()) == b"jpeg"


def test_an_encoder_that_dies_or_spins_harms_nobody_else(
    studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    program = tmp_path / "program.py"
    monkeypatch.setattr(picture_files, "_ENCODER", program)
    for words in ("import os; os.abort()", "raise MemoryError"):
        program.write_text(words)
        with pytest.raises(NotAnImage):
            studio.encode(picture())
    monkeypatch.setattr(picture_files, "TIMEOUT_SECONDS", 0.5)
    program.write_text("while True: pass")
    with pytest.raises(Unavailable):
        studio.encode(picture())
    monkeypatch.undo()
    assert studio.encode(picture())


def test_the_encoder_sees_no_environment(studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))")
    monkeypatch.setattr(picture_files, "_ENCODER", program)
    monkeypatch.setenv("INTERNAL_KEY", "secret")
    assert studio.encode(picture()).decode().strip() == "[]"
