"""The program that decodes a picture and encodes it anew: bytes in, JPEG out, exit code 3 for what
is no picture.

It runs in a process of its own without any environment, because a decoder is the part of this
service that strangers can hurt: what makes it crash, swell or spin ends with it. So it imports
nothing of ours.
"""

import resource
import signal
import sys
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps

LARGEST_SIDE = 1024
# The decoder of WebP takes up to 21 bytes a pixel, those of the others 4 to 8.
MOST_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 10_000_000}
FORMATS = tuple(MOST_PIXELS)
# A JPEG of several pictures (a phone's depth map, gain map or preview beside the photo) is one too.
_SEVERAL_PICTURES = "MPO"
MOST_MEMORY_BYTES = 300_000_000
MOST_CPU_SECONDS = 1.6
IS_NO_PICTURE = 3
_BAND_PIXELS = 2_000_000
_ORIENTATION_TAG = 0x0112
_UPRIGHT = 1
_SRGB_GAMMA = 2.2
_SAME_GAMMA = 0.05


def encoded(content: bytes) -> bytes:
    """Give the picture as JPEG of at most 1024 × 1024, upright, in sRGB, on white, without
    metadata; the first where there are several. Raises whatever a decoder stumbles over; what it
    says about itself (orientation, colours) is left aside where it is broken.
    """
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        width, height = opened.size
        kind = "JPEG" if opened.format == _SEVERAL_PICTURES else opened.format or ""
        if width * height > MOST_PIXELS[kind]:
            raise ValueError("too many pixels")
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # JPEG: decode no larger than needed
        opened.load()
        orientation = _orientation(opened)
        said = dict(opened.info)
        small = _shrunk(opened)
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    shown = _in_srgb(small, said)
    shown.getexif()[_ORIENTATION_TAG] = orientation
    return _fresh_jpeg(ImageOps.exif_transpose(shown))


def _orientation(image: Image.Image) -> int:
    """Read which way is up; 1 where the picture does not say, or nonsense."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, _UPRIGHT))
    except Exception:  # noqa: BLE001 - broken metadata says nothing against the pixels
        return _UPRIGHT


def _shrunk(image: Image.Image) -> Image.Image:
    """Give the picture with 8 bits a channel, at less than four times the size it will have. It
    goes band by band, because converting a large picture whole takes it several times over.
    """
    mode = _working_mode(image)
    factor = max(1, min(image.size) // (2 * LARGEST_SIDE), max(image.size) // (2 * LARGEST_SIDE))
    width, height = (-(-side // factor) for side in image.size)
    small = Image.new(mode, (width, height))
    step = max(1, _BAND_PIXELS // (image.width * factor)) * factor
    for top in range(0, image.height, step):
        band = image.crop((0, top, image.width, min(top + step, image.height)))
        small.paste(_with_8_bits(band, mode).reduce(factor), (0, top // factor))
    return small


def _working_mode(image: Image.Image) -> str:
    """Give the channels the picture is worked on in: those its colour profile speaks of."""
    if image.mode.startswith("I"):
        return "L"
    if "A" in image.mode or "transparency" in image.info:
        return "RGBA"
    if image.mode == "CMYK":
        return "CMYK"
    return "L" if image.mode in ("1", "L") else "RGB"


def _with_8_bits(band: Image.Image, mode: str) -> Image.Image:
    """Convert to 8 bits a channel: grey of 16 bits is scaled, where `convert` alone would cut."""
    if band.mode.startswith("I"):
        band = band.convert("I").point(lambda value: value * (255 / 65535) + 0.5).convert("L")
    return band.convert(mode)


def _in_srgb(image: Image.Image, said: Mapping[Any, Any]) -> Image.Image:
    """Convert the colours to sRGB by the profile or the gamma the picture carries; without them, or
    with a profile that is broken or speaks of other channels, they are taken for sRGB, as browsers
    do.
    """
    if image.mode == "RGBA":
        solid = _in_srgb(image.convert("RGB"), said)
        solid.putalpha(image.getchannel("A"))
        return solid
    profile, gamma = said.get("icc_profile"), said.get("gamma")
    if profile:
        try:
            return _by_profile(image, profile)
        except Exception:  # noqa: BLE001 - a broken profile says nothing against the pixels
            return image.convert("RGB")
    solid = image.convert("RGB")
    if not gamma or "srgb" in said or abs(gamma * _SRGB_GAMMA - 1) < _SAME_GAMMA:
        return solid
    tones = [round(255 * (value / 255) ** (1 / (gamma * _SRGB_GAMMA))) for value in range(256)]
    return solid.point(tones * 3)


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    own, shown = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.PERCEPTUAL
    converted = ImageCms.profileToProfile(image, own, shown, intent, outputMode="RGB")
    if converted is None:
        raise ValueError("nothing was converted")
    return converted


def _fresh_jpeg(image: Image.Image) -> bytes:
    """Encode the pixels alone: a new image knows nothing of the old one's comments and profiles."""
    fresh = Image.new("RGB", image.size, "white")
    if image.mode == "RGBA":
        fresh.paste(image, mask=image.getchannel("A"))
    else:
        fresh.paste(image)
    written = BytesIO()
    fresh.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()


def main() -> int:
    """Read the picture from standard input and write the JPEG to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_PROF, MOST_CPU_SECONDS)  # finer than RLIMIT_CPU; it ends us
    try:
        jpeg = encoded(sys.stdin.buffer.read())
    except Exception:  # noqa: BLE001 - whatever a decoder stumbles over, it is no picture
        return IS_NO_PICTURE
    sys.stdout.buffer.write(jpeg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
