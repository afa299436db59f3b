"""What the encoder takes of the machine: less than 300 MB and two seconds, whatever it is given."""

import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from profile_service.domain import picture_encoder
from profile_service.domain.picture_encoder import IS_NO_PICTURE, MOST_PIXELS

ENCODER = Path(picture_encoder.__file__)
MOST_BYTES = 300_000_000
# A small process of its own starts the encoder: the peak of a child begins with its parent's size.
MEASURING = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-I", sys.argv[1]], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""
# The encoder as it is, but for what is replaced.
REPLACING = """
import sys
sys.path.insert(0, {folder!r})
import picture_encoder
{words}
sys.exit(picture_encoder.main())
"""


def _measured(program: Path, content: bytes) -> tuple[int, int]:
    """Give the exit code and the most bytes of memory the program held."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", MEASURING, str(program)],
        input=content,
        capture_output=True,
        check=True,
        timeout=60,
    )
    code, most = done.stdout.split()
    return int(code), int(most)


def _replaced(tmp_path: Path, words: str) -> Path:
    program = tmp_path / "program.py"
    program.write_text(REPLACING.format(folder=str(ENCODER.parent), words=words))
    return program


def _drawn(kind: str, size: tuple[int, int], mode: str, **options: object) -> bytes:
    noise = Image.effect_noise((64, 64), 60).resize(size)
    image = noise if len(mode) == 1 else Image.merge(mode, [noise] * len(mode))
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def _square(kind: str) -> tuple[int, int]:
    side = int(MOST_PIXELS[kind] ** 0.5)
    return side, side


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("WEBP", "RGB", {}),
        ("WEBP", "RGBA", {"lossless": True, "quality": 0, "method": 0}),
        ("PNG", "RGBA", {"compress_level": 1}),
        ("JPEG", "CMYK", {"progressive": True, "quality": 10, "subsampling": 0}),
    ],
)
def test_the_largest_pictures_are_encoded_in_less_than_300_mb(kind: str, mode: str, options: dict):
    code, most = _measured(ENCODER, _drawn(kind, _square(kind), mode, **options))
    assert code == 0
    assert 30_000_000 < most < MOST_BYTES


def test_a_long_thin_picture_is_encoded_in_less_than_300_mb():
    code, most = _measured(ENCODER, _drawn("PNG", (62_500, 400), "RGBA", compress_level=1))
    assert code == 0
    assert most < MOST_BYTES


def test_without_the_limits_a_webp_takes_more_so_the_measurement_sees_it(tmp_path: Path):
    large = _drawn("WEBP", (5000, 5000), "RGB")
    assert _measured(ENCODER, large)[0] == IS_NO_PICTURE
    without_both = 'picture_encoder.MOST_PIXELS["WEBP"] = 25_000_000\n'
    bounded = _replaced(tmp_path, without_both)
    code, most = _measured(bounded, large)
    assert code != 0
    assert most < MOST_BYTES, "the limit on memory holds by itself"
    unbounded = _replaced(tmp_path, without_both + "picture_encoder.MOST_MEMORY_BYTES = 2**30")
    code, most = _measured(unbounded, large)
    assert code == 0
    assert most > MOST_BYTES


def test_an_encoder_that_spins_ends_by_itself_within_two_seconds_of_work(tmp_path: Path):
    words = "def spin(content):\n    while True:\n        pass\npicture_encoder.encoded = spin"
    before = time.monotonic()
    code, _ = _measured(_replaced(tmp_path, words), b"")
    assert code < 0, "a signal ended it"
    assert picture_encoder.MOST_CPU_SECONDS < 2
    assert time.monotonic() - before < 30
