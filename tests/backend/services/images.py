"""Small images for the tests of the stages."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def jpeg(number: int = 0) -> bytes:
    """A small image, another one for each number."""
    file = BytesIO()
    Image.new("RGB", (32, 24)).save(file, "JPEG", comment=f"number {number}")
    return file.getvalue()
