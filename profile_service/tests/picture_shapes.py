"""Pictures as people really send them: what phones, cameras, editors and messengers write.

Each shows the same two halves (red-brown above, blue below), so that a test can tell whether
colours, tones and the way up survived.
"""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

UPPER = (200, 100, 50)
LOWER = (40, 60, 180)
WIDTH, HEIGHT = 120, 80
GREY_UPPER = 122  # of UPPER and LOWER by ITU-R 601-2, as Pillow converts
GREY_LOWER = 67
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
_WHITE = (0.9642, 1.0, 0.8249)
_TO_LINEAR_SRGB = (
    (3.1341359, -1.6173863, -0.4906619),
    (-0.9787955, 1.9162544, 0.0334427),
    (0.0719554, -0.2289768, 1.4053860),
)  # from XYZ under D50, by Bruce Lindbloom


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A file, and what must be seen where its upper and lower half are."""

    content: bytes
    upper: tuple[int, int, int] = UPPER
    lower: tuple[int, int, int] = LOWER
    size: tuple[int, int] = (WIDTH, HEIGHT)

    def in_grey(self) -> "Shape":
        """Expect the halves without their colours."""
        return replace(self, upper=(GREY_UPPER,) * 3, lower=(GREY_LOWER,) * 3)


def drawn(
    size: tuple[int, int] = (WIDTH, HEIGHT),
    upper: tuple[int, int, int] = UPPER,
    lower: tuple[int, int, int] = LOWER,
) -> Image.Image:
    """Draw the two halves."""
    image = Image.new("RGB", size, upper)
    image.paste(lower, (0, size[1] // 2, size[0], size[1]))
    return image


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Write a picture without loss worth speaking of."""
    file = BytesIO()
    quality = {"JPEG": {"quality": 95, "subsampling": 0}, "MPO": {"quality": 95}}.get(kind, {})
    if kind == "WEBP":
        quality = {"quality": 95}
    image.save(file, kind, **(quality | options))
    return file.getvalue()


def photo(megapixels: float, kind: str = "JPEG", *, seed: int = 7, quality: int = 85) -> bytes:
    """Write a picture of as much detail as a photo, so that it is as large as one."""
    height = int((megapixels * 1_000_000 * 3 / 4) ** 0.5)
    width = height * 4 // 3
    noise = random.Random(seed).randbytes(width * height * 3 // 16)
    rough = Image.frombytes(
        "RGB", (width // 4, height // 4), noise[: width // 4 * (height // 4) * 3]
    )
    smooth = Image.blend(drawn((width, height)), rough.resize((width, height)), 0.25)
    return written(smooth, kind, **({"quality": quality} if kind != "PNG" else {}))


def matrix_profile(primaries: tuple[tuple[float, ...], ...], gamma: float = 2.2) -> bytes:
    """Write an ICC profile of version 2 of three primaries (XYZ under D50) and one gamma."""
    curve = b"curv" + struct.pack(">III", 0, 1, round(gamma * 256) << 16)[:10]
    tags = {b"wtpt": _xyz(_WHITE), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    for name, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
        tags[name] = _xyz(primary)
    return _profile(b"RGB ", tags)


def grey_profile(gamma: float) -> bytes:
    """Write an ICC profile of grey with a gamma."""
    curve = b"curv" + struct.pack(">III", 0, 1, round(gamma * 256) << 16)[:10]
    return _profile(b"GRAY", {b"wtpt": _xyz(_WHITE), b"kTRC": curve})


def in_srgb(
    colour: tuple[int, int, int], primaries: tuple[tuple[float, ...], ...], gamma: float = 2.2
) -> tuple[int, int, int]:
    """Tell by arithmetic what a colour of such a profile is in sRGB."""
    linear = [(each / 255) ** gamma for each in colour]
    xyz = [sum(linear[n] * primaries[n][axis] for n in range(3)) for axis in range(3)]
    shown = [sum(row[axis] * xyz[axis] for axis in range(3)) for row in _TO_LINEAR_SRGB]
    red, green, blue = (round(255 * _srgb_tone(min(1.0, max(0.0, each)))) for each in shown)
    return red, green, blue


def png16(mode: str, *chunks: bytes) -> bytes:
    """Write a PNG of 16 bits a channel, which Pillow cannot: `L`, `LA`, `RGB` or `RGBA`."""
    kind = {"L": 0, "LA": 4, "RGB": 2, "RGBA": 6}[mode]
    rows = []
    for row in range(HEIGHT):
        colour = UPPER if row < HEIGHT // 2 else LOWER
        grey = GREY_UPPER if row < HEIGHT // 2 else GREY_LOWER
        channels = [grey] if mode.startswith("L") else list(colour)
        channels += [255] if mode.endswith("A") else []
        rows.append(
            b"\x00"
            + struct.pack(">" + "H" * len(channels), *(each * 257 for each in channels)) * WIDTH
        )
    return _png(struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, kind, 0, 0, 0), b"".join(rows), *chunks)


def interlaced_png() -> bytes:
    """Write a PNG in Adam7 order, as old web pages like it; Pillow cannot."""
    rows = b""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    for left, top, across, down in passes:
        for row in range(top, HEIGHT, down):
            colour = UPPER if row < HEIGHT // 2 else LOWER
            rows += b"\x00" + bytes(colour) * len(range(left, WIDTH, across))
    return _png(struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1), rows)


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Spell a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_segment(jpeg: bytes, marker: int, data: bytes) -> bytes:
    """Put a segment right behind the start of a JPEG."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data + jpeg[2:]


def shapes() -> Iterator[tuple[str, Callable[[], Shape]]]:
    """Give every shape by name; a file is made when it is asked for."""
    yield from _jpegs()
    yield from _turned()
    yield from _coloured()
    yield from _pngs()
    yield from _webps()


def _jpegs() -> Iterator[tuple[str, Callable[[], Shape]]]:
    jpeg = written(drawn(), "JPEG")
    other = drawn((60, 40), (0, 255, 0), (0, 255, 0))
    yield "jpeg", lambda: Shape(content=jpeg)
    yield "jpeg-4:2:0", lambda: Shape(content=written(drawn(), "JPEG", subsampling=2))
    yield "jpeg-4:2:2", lambda: Shape(content=written(drawn(), "JPEG", subsampling=1))
    yield "jpeg-quality-100", lambda: Shape(content=written(drawn(), "JPEG", quality=100))
    yield "jpeg-progressive", lambda: Shape(content=written(drawn(), "JPEG", progressive=True))
    yield (
        "jpeg-restart-markers",
        lambda: Shape(content=written(drawn(), "JPEG", restart_marker_rows=1)),
    )
    yield (
        "jpeg-rgb-without-transform",
        lambda: Shape(content=written(drawn(), "JPEG", keep_rgb=True)),
    )
    yield "jpeg-grey", lambda: Shape(content=written(drawn().convert("L"), "JPEG")).in_grey()
    yield "jpeg-cmyk-of-a-printer", lambda: Shape(content=written(drawn().convert("CMYK"), "JPEG"))
    yield "jpeg-comment", lambda: Shape(content=written(drawn(), "JPEG", comment=b"Lavc58.54.100"))
    yield "jpeg-dots-per-inch", lambda: Shape(content=written(drawn(), "JPEG", dpi=(300, 300)))
    yield (
        "jpeg-photoshop-resources",
        lambda: Shape(
            content=with_segment(
                jpeg, 0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x00"
            )
        ),
    )
    xmp = b"<?xpacket begin='' id='W5M0'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/><?xpacket end='w'?>"
    yield (
        "jpeg-xmp",
        lambda: Shape(content=with_segment(jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp)),
    )
    yield "jpeg-fill-bytes", lambda: Shape(content=jpeg[:2] + b"\xff\xff\xff" + jpeg[2:])
    yield (
        "jpeg-maker-note-of-60-kb",
        lambda: Shape(content=written(drawn(), "JPEG", exif=_exif({0x927C: b"\x01" * 60_000}))),
    )
    yield (
        "jpeg-broken-exif",
        lambda: Shape(
            content=with_segment(jpeg, 0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\xff\x01\x02")
        ),
    )
    yield "jpeg-trailing-zeros", lambda: Shape(content=jpeg + bytes(4096))
    yield "jpeg-trailing-newline", lambda: Shape(content=jpeg + b"\r\n")
    yield (
        "jpeg-film-behind",
        lambda: Shape(content=jpeg + b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40),
    )
    yield (
        "mpo-two-pictures",
        lambda: Shape(content=written(drawn(), "MPO", save_all=True, append_images=[other])),
    )
    yield (
        "mpo-gain-map",
        lambda: Shape(
            content=written(drawn(), "MPO", save_all=True, append_images=[other.convert("L")])
        ),
    )
    yield "mpo-turned", lambda: Shape(
        content=written(drawn().transpose(Image.Transpose.ROTATE_180), "MPO", save_all=True,
                        append_images=[other], exif=_exif({0x0112: 3}))
    )  # fmt: skip
    yield "panorama", lambda: Shape(content=written(drawn((6000, 800)), "JPEG"), size=(1024, 137))
    yield "photo-of-a-phone", lambda: Shape(content=photo(12.2), size=(1024, 768))
    yield "photo-of-24-megapixels", lambda: Shape(content=photo(24.9, quality=45), size=(1024, 768))


def _turned() -> Iterator[tuple[str, Callable[[], Shape]]]:
    undo = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip

    def turned(kind: str, orientation: int) -> Shape:
        way = undo.get(orientation)
        image = drawn() if way is None else drawn().transpose(way)
        return Shape(content=written(image, kind, exif=_exif({0x0112: orientation})))

    for number in range(1, 9):
        yield f"jpeg-orientation-{number}", partial(turned, "JPEG", number)
    for nonsense in (0, 9, 65535):
        yield f"jpeg-orientation-{nonsense}", partial(turned, "JPEG", nonsense)
    yield "png-orientation-6", lambda: turned("PNG", 6)
    yield "webp-orientation-8", lambda: turned("WEBP", 8)


def _coloured() -> Iterator[tuple[str, Callable[[], Shape]]]:
    def by_profile(kind: str, primaries: Any, mode: str = "RGB", **options: Any) -> Shape:
        image = drawn().convert(mode)
        return Shape(
            content=written(image, kind, icc_profile=matrix_profile(primaries), **options),
            upper=in_srgb(UPPER, primaries),
            lower=in_srgb(LOWER, primaries),
        )

    def plain(profile: bytes, mode: str = "RGB") -> Shape:
        return Shape(content=written(drawn().convert(mode), "JPEG", icc_profile=profile))

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        yield f"{kind.lower()}-display-p3", partial(by_profile, kind, DISPLAY_P3)
    yield "jpeg-adobe-rgb", lambda: by_profile("JPEG", ADOBE_RGB)
    yield "png-adobe-rgb-transparent", lambda: by_profile("PNG", ADOBE_RGB, "RGBA")
    yield "jpeg-adobe-rgb-progressive", lambda: by_profile("JPEG", ADOBE_RGB, progressive=True)
    yield "jpeg-srgb", lambda: plain(srgb)
    yield "jpeg-profile-of-200-kb", lambda: plain(srgb + bytes(200_000))
    yield "jpeg-broken-profile", lambda: plain(b"\x00" * 200)
    yield "jpeg-grey-profile-on-colours", lambda: plain(grey_profile(1.0))
    yield "jpeg-colour-profile-on-cmyk", lambda: plain(srgb, "CMYK")
    yield (
        "jpeg-grey-gamma-1.8",
        lambda: Shape(
            content=written(drawn().convert("L"), "JPEG", icc_profile=grey_profile(1.8)),
            upper=(_grey_tone(GREY_UPPER, 1.8),) * 3,
            lower=(_grey_tone(GREY_LOWER, 1.8),) * 3,
        ),
    )


def _pngs() -> Iterator[tuple[str, Callable[[], Shape]]]:
    png = written(drawn(), "PNG")
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Comment", "Снимок экрана")
    yield "png", lambda: Shape(content=png)
    yield "png-transparent", lambda: Shape(content=written(drawn().convert("RGBA"), "PNG"))
    yield "png-grey", lambda: Shape(content=written(drawn().convert("L"), "PNG")).in_grey()
    yield (
        "png-grey-transparent",
        lambda: Shape(content=written(drawn().convert("LA"), "PNG")).in_grey(),
    )
    yield "png-palette", lambda: Shape(content=written(drawn().quantize(16), "PNG"))
    yield "png-palette-of-1-bit", lambda: Shape(content=written(drawn().quantize(2), "PNG", bits=1))
    yield (
        "png-palette-with-a-clear-colour",
        lambda: Shape(content=written(drawn().quantize(16), "PNG", transparency=15)),
    )
    yield (
        "png-one-clear-colour",
        lambda: Shape(content=written(drawn(), "PNG", transparency=(1, 2, 3))),
    )
    for mode in ("RGB", "RGBA"):
        yield f"png-16-bit-{mode.lower()}", partial(Shape, content=png16(mode))
    for mode in ("L", "LA"):
        yield f"png-16-bit-{mode.lower()}", Shape(content=png16(mode)).in_grey
    yield "png-interlaced", lambda: Shape(content=interlaced_png())
    yield (
        "png-said-to-be-srgb",
        lambda: Shape(content=_behind_head(png, png_chunk(b"sRGB", b"\x00"))),
    )
    yield (
        "png-usual-gamma",
        lambda: Shape(content=_behind_head(png, png_chunk(b"gAMA", struct.pack(">I", 45455)))),
    )
    yield (
        "png-linear-gamma",
        lambda: Shape(
            content=_behind_head(png, png_chunk(b"gAMA", struct.pack(">I", 100_000))),
            upper=tuple(round(255 * (each / 255) ** (1 / 2.2)) for each in UPPER),
            lower=tuple(round(255 * (each / 255) ** (1 / 2.2)) for each in LOWER),
        ),
    )
    yield "png-texts", lambda: Shape(content=written(drawn(), "PNG", pnginfo=texts))
    yield (
        "png-moving",
        lambda: Shape(
            content=written(
                drawn(), "PNG", save_all=True, append_images=[drawn(upper=LOWER)], duration=100
            )
        ),
    )
    yield "png-trailing-newline", lambda: Shape(content=png + b"\n")
    yield "png-trailing-zeros", lambda: Shape(content=png + bytes(512))
    yield (
        "png-screenshot-of-a-phone",
        lambda: Shape(content=written(drawn((1440, 3120)), "PNG"), size=(473, 1024)),
    )


def _webps() -> Iterator[tuple[str, Callable[[], Shape]]]:
    webp = written(drawn(), "WEBP")
    yield "webp", lambda: Shape(content=webp)
    yield "webp-lossless", lambda: Shape(content=written(drawn(), "WEBP", lossless=True))
    yield "webp-transparent", lambda: Shape(content=written(drawn().convert("RGBA"), "WEBP"))
    yield (
        "webp-moving",
        lambda: Shape(
            content=written(
                drawn(), "WEBP", save_all=True, append_images=[drawn(upper=LOWER)], duration=100
            )
        ),
    )
    yield "webp-trailing-zeros", lambda: Shape(content=webp + bytes(64))
    yield "webp-trailing-newline", lambda: Shape(content=webp + b"\n")
    yield "webp-photo", lambda: Shape(content=photo(8, "WEBP"), size=(1024, 768))


def _exif(tags: dict[int, Any]) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    return exif


def _behind_head(png: bytes, chunk: bytes) -> bytes:
    return png[:33] + chunk + png[33:]


def _png(head: bytes, rows: bytes, *chunks: bytes) -> bytes:
    parts = [
        png_chunk(b"IHDR", head),
        *chunks,
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _xyz(value: tuple[float, ...]) -> bytes:
    return (
        b"XYZ "
        + struct.pack(">I", 0)
        + struct.pack(">iii", *(round(each * 65536) for each in value))
    )


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"Test\x00" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\x00",
        **tags,
    }
    table, data, place = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += name + struct.pack(">II", place + len(data), len(value))
        data += padded
    head = struct.pack(
        ">I4sI4s4s4s", place + len(data), b"test", 0x02400000, b"mntr", space, b"XYZ "
    )
    head += (
        bytes(12)
        + b"acsp"
        + bytes(28)
        + struct.pack(">iii", *(round(each * 65536) for each in _WHITE))
    )
    return head + bytes(128 - len(head)) + table + data


def _srgb_tone(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _brighter(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (round(255 * (each / 255) ** (1 / 2.2)) for each in colour)
    return red, green, blue


def _grey_tone(value: int, gamma: float) -> int:
    return round(255 * _srgb_tone((value / 255) ** gamma))
