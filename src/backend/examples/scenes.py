"""Scenes for three cameras, drawn, with the truth about what is in them.

The same seed draws the same scene. What makes it hard for a detector is drawn too: noise, light
that changes, moving leaves and shadows, things that stand one before the other.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from backend.services.detector import Box

CAMERAS = ("front_door", "driveway", "garden")
SIZE = (320, 240)
TYPES = ("person", "cat", "car")


@dataclass(frozen=True)
class Thing:
    """Something that is in a scene."""

    type: str
    box: Box


@dataclass(frozen=True)
class Scene:
    """What a camera sees at one moment, and what is truly there."""

    camera_id: str
    image: Image.Image
    things: tuple[Thing, ...]
    seed: int

    def jpeg(self) -> bytes:
        """Return the image as a camera sends it; about 10 kB."""
        file = BytesIO()
        self.image.save(file, "JPEG", quality=85)
        return file.getvalue()

    def save(
        self, root: Path | str, name: str | None = None, *, written: float | None = None
    ) -> Path:
        """Write the image into the camera's folder, as a whole file at once, and return its path.

        Args:
            root: the folder of the cameras' folders.
            name: the file's name; by default made of what is in the scene.
            written: when it was written, in seconds since 1970; by default now.
        """
        seen = "_".join(thing.type for thing in self.things) or "empty"
        path = Path(root) / self.camera_id / (name or f"{self.seed:04d}_{seen}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(self.jpeg())
        if written is not None:
            os.utime(unfinished, (written, written))
        unfinished.rename(path)
        return path


def background(camera_id: str) -> Image.Image:
    """Return what a camera sees when nothing is there."""
    if camera_id not in _BACKGROUNDS:
        raise ValueError(f"no camera {camera_id!r}: there are {', '.join(CAMERAS)}")
    return _drawn_once(camera_id).copy()


@cache
def _drawn_once(camera_id: str) -> Image.Image:
    image = Image.new("RGB", SIZE)
    _BACKGROUNDS[camera_id](ImageDraw.Draw(image))
    return image.filter(ImageFilter.GaussianBlur(0.8))


def scene(camera_id: str, *types: str, seed: int = 0) -> Scene:
    """Draw things of these types somewhere in the view of a camera.

    Args:
        camera_id: one of CAMERAS.
        types: of TYPES, as in `scene("garden", "person", "cat")`; none for an empty scene.
        seed: decides on the places, the sizes, the colours, the light and the noise.
    """
    chance = random.Random(f"{camera_id} {types} {seed}")
    image = background(camera_id)
    _distract(image, chance)
    things = []
    # From far to near: what is near may hide a part of what is far.
    for depth, kind in sorted((chance.uniform(0, 1), kind) for kind in types):
        things.append(_DRAWINGS[kind](ImageDraw.Draw(image), depth, chance))
    return Scene(camera_id, _as_seen_by_a_camera(image, chance), tuple(things), seed)


def scenes(count: int, *, seed: int = 0) -> list[Scene]:
    """Return a mixture of scenes: a fifth of them empty, the others with one or two things."""
    chance = random.Random(seed)
    drawn = []
    for number in range(count):
        types = [chance.choice(TYPES) for _ in range(chance.choice([0, 1, 1, 1, 2]))]
        drawn.append(scene(CAMERAS[number % len(CAMERAS)], *types, seed=seed * 10_000 + number))
    return drawn


def _front_door(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 320, 150), fill=(150, 120, 104))  # a brick wall
    for y in range(0, 150, 10):
        draw.line((0, y, 320, y), fill=(128, 100, 88))
        for x in range(y % 20, 320, 20):
            draw.line((x, y, x, y + 10), fill=(128, 100, 88))
    draw.rectangle((130, 30, 190, 150), fill=(62, 84, 72), outline=(230, 230, 224), width=4)
    draw.ellipse((178, 92, 184, 98), fill=(210, 180, 90))
    draw.rectangle((0, 150, 320, 240), fill=(168, 164, 156))  # paving
    for x in range(-160, 480, 40):
        draw.line((160 + (x - 160) // 3, 150, x, 240), fill=(146, 142, 136))


def _driveway(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 320, 90), fill=(176, 196, 214))
    draw.rectangle((0, 60, 320, 110), fill=(96, 118, 84))  # a hedge
    draw.rectangle((0, 100, 320, 240), fill=(112, 128, 92))
    draw.polygon([(110, 100), (210, 100), (300, 240), (20, 240)], fill=(124, 124, 128))
    draw.rectangle((236, 30, 316, 104), fill=(188, 180, 166), outline=(140, 132, 120), width=3)


def _garden(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 320, 80), fill=(158, 182, 206))
    for x in range(0, 320, 16):  # a fence
        draw.rectangle((x, 50, x + 12, 112), fill=(132, 110, 88))
    draw.rectangle((0, 108, 320, 240), fill=(100, 130, 78))
    draw.ellipse((20, 0, 110, 80), fill=(70, 100, 62))  # a tree
    draw.rectangle((58, 70, 70, 122), fill=(96, 76, 58))


def _person(draw: ImageDraw.ImageDraw, depth: float, chance: random.Random) -> Thing:
    height = round(62 + 58 * depth)
    width = round(height * chance.uniform(0.36, 0.48))
    left, bottom = chance.randint(8, 312 - width), round(150 + 82 * depth)
    top, middle = bottom - height, left + width // 2
    coat, legs = chance.choice(_CLOTHES), chance.choice(_CLOTHES)
    head = round(height * 0.085)
    draw.ellipse((middle - head, top, middle + head, top + 2 * head), fill=(206, 162, 132))
    shoulders, waist = top + 2 * head, top + round(height * 0.56)
    draw.rounded_rectangle((left, shoulders, left + width, waist), width // 4, fill=coat)
    step = round(width * chance.uniform(0.05, 0.2))
    for side in (-1, 1):
        foot = middle + side * (width // 4 + step)
        knee = middle + side * width // 8
        draw.line((knee, waist - 2, foot, bottom), fill=legs, width=max(width // 4, 4))
    return Thing("person", (left, top, left + width + 1, bottom + 1))


def _cat(draw: ImageDraw.ImageDraw, depth: float, chance: random.Random) -> Thing:
    width = round(28 + 24 * depth)
    height = round(width * chance.uniform(0.55, 0.68))
    left, bottom = chance.randint(8, 312 - width), round(160 + 72 * depth)
    top, fur = bottom - height, chance.choice(_FURS)
    body = (left + width // 6, top + height // 3, left + width - width // 6, bottom - height // 5)
    draw.ellipse(body, fill=fur)
    head = height // 4
    draw.ellipse((left, top, left + 2 * head, top + 2 * head), fill=fur)
    for x in (left + width // 4, left + width * 2 // 3):
        draw.line((x, bottom - height // 2, x, bottom), fill=fur, width=3)
    tail = (left + width - width // 4, top + height // 2, left + width, top + height // 6)
    draw.line(tail, fill=fur, width=3)
    return Thing("cat", (left, top, left + width + 1, bottom + 1))


def _car(draw: ImageDraw.ImageDraw, depth: float, chance: random.Random) -> Thing:
    width = round(92 + 62 * depth)
    height = round(width * chance.uniform(0.38, 0.46))
    left, bottom = chance.randint(4, 316 - width), round(158 + 72 * depth)
    top, paint = bottom - height, chance.choice(_PAINTS)
    belt, wheel = top + height * 2 // 5, height // 4
    windows = [(left + width // 5, belt), (left + width // 3, top)]
    windows += [(left + width * 3 // 4, top), (left + width - width // 8, belt)]
    draw.polygon(windows, fill=(52, 60, 68))
    draw.rounded_rectangle((left, belt, left + width, bottom - wheel // 2), 6, fill=paint)
    for x in (left + width // 5, left + width * 4 // 5):
        draw.ellipse((x - wheel, bottom - 2 * wheel, x + wheel, bottom), fill=(28, 28, 30))
    return Thing("car", (left, top, left + width + 1, bottom + 1))


def _distract(image: Image.Image, chance: random.Random) -> None:
    """Move some leaves, and sometimes cast the shadow of a cloud."""
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randint(0, 8)):
        x, y = chance.randint(0, 318), chance.randint(0, 238)
        draw.ellipse((x, y, x + 4, y + 3), fill=(90, 110, 60))
    if chance.random() < 0.3:
        shadow = Image.new("L", SIZE, 0)
        x = chance.randint(-60, 260)
        ImageDraw.Draw(shadow).ellipse((x, 150, x + 140, 230), fill=chance.randint(20, 60))
        image.paste((30, 34, 30), mask=shadow.filter(ImageFilter.GaussianBlur(14)))


def _as_seen_by_a_camera(image: Image.Image, chance: random.Random) -> Image.Image:
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.6)))
    seen = np.random.default_rng(chance.getrandbits(32)).normal(0, 5, pixels.shape)  # the noise
    seen += pixels
    seen += chance.uniform(-18, 18)  # the light
    return Image.fromarray(seen.clip(0, 255, out=seen).astype(np.uint8))


_CLOTHES = [(40, 48, 96), (150, 40, 44), (36, 36, 40), (222, 206, 84), (74, 44, 92)]
_FURS = [(34, 32, 34), (206, 128, 58), (240, 238, 232)]
_PAINTS = [(172, 30, 36), (30, 62, 140), (238, 238, 236), (24, 26, 30)]
_BACKGROUNDS = {"front_door": _front_door, "driveway": _driveway, "garden": _garden}
_DRAWINGS = {"person": _person, "cat": _cat, "car": _car}
