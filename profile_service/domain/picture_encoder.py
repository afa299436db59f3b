"""The program that decodes a picture and encodes it anew: bytes in, JPEG out, exit code 3 for what
is no picture.

It runs in a process of its own without any environment, because a decoder is the part of this
service that strangers can hurt: what makes it crash, swell or spin ends with it. So it imports
nothing of ours.
"""

import resource
import signal
import sys
from io import BytesIO

from PIL import Image, ImageOps

LARGEST_SIDE = 1024
# The decoder of WebP takes up to 21 bytes a pixel, those of the others 4 to 8.
MOST_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 10_000_000}
FORMATS = tuple(MOST_PIXELS)
MOST_MEMORY_BYTES = 300_000_000
MOST_CPU_SECONDS = 1.6
IS_NO_PICTURE = 3
_BAND_PIXELS = 2_000_000


def encoded(content: bytes) -> bytes:
    """Give the picture as JPEG of at most 1024 × 1024, upright, on white, without metadata. Raises
    whatever a decoder stumbles over.
    """
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS[opened.format or ""]:
            raise ValueError("too many pixels")
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # JPEG: decode no larger than needed
        opened.load()
        orientation = opened.getexif()
        small = _shrunk(opened)
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    small.getexif().update(orientation)
    return _fresh_jpeg(ImageOps.exif_transpose(small))


def _shrunk(image: Image.Image) -> Image.Image:
    """Give the picture in RGB or RGBA, at less than four times the size it will have. It goes band
    by band, because converting a large picture whole takes it several times over.
    """
    mode = "RGBA" if "A" in image.mode or "transparency" in image.info else "RGB"
    factor = max(1, min(image.size) // (2 * LARGEST_SIDE), max(image.size) // (2 * LARGEST_SIDE))
    width, height = (-(-side // factor) for side in image.size)
    small = Image.new(mode, (width, height))
    step = max(1, _BAND_PIXELS // (image.width * factor)) * factor
    for top in range(0, image.height, step):
        band = image.crop((0, top, image.width, min(top + step, image.height))).convert(mode)
        small.paste(band.reduce(factor), (0, top // factor))
    return small


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
