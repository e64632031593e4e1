"""Things of no sense, made at random: values for Redis, and files for a camera's folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.backend.services.images import jpeg

KINDS = ("string", "list", "set", "zset", "hash", "stream")
SCORES = ("inf", "-inf", "0", "-1", "1e308", "5e-324", "1763800000", "99999999999999")
TOKEN = '{"token":"ab12","attempt":%s,"first_failed_at":"%s"}'

SPECIMENS: list[dict[str, Any]] = [
    {
        "camera_id": "strange",
        "file_path": "/export/foscam/strange/a.jpg",
        "timestamp": "2026-01-15T10:30:00+00:00",
        "media_type": "image",
        "file_hash": "ab12",
    },
    {"batch_id": "ab12", "camera_id": "strange", "detection_ids": ["ab12-1"], "timestamp": 1.5},
    {
        "id": "ab12-1",
        "camera_id": "strange",
        "timestamp": "2026-01-15T10:30:00",
        "type": "car",
        "confidence": 0.8,
        "box": [1, 2, 3, 4],
    },
    {"camera_id": "strange", "status": "online", "last_seen": "2026-01-15T10:30:00+00:00"},
    {"type": "event", "data": {"id": 1, "batch_id": "ab12", "camera_id": "strange"}},
    {"type": "system_status", "data": {"cameras": {"active": 1}}, "timestamp": ""},
    {"original_job": {"camera_id": "strange"}, "error": "", "original_bytes": "AA=="},
]
"""What the stages read: one of each, to be spoilt."""


def value(chance: Random) -> bytes:
    """Return bytes of no sense, or of nearly none."""
    makers = [
        lambda: chance.randbytes(chance.choice([0, 1, 7, 300])),
        lambda: chance.choice(_TEXTS).encode("utf-8", "surrogatepass"),
        lambda: json.dumps(_spoilt(chance)).encode(),
        lambda: json.dumps(_spoilt(chance)).encode()[: chance.randrange(1, 60)],
        lambda: (TOKEN % (_number(chance), chance.choice(_TEXTS)[:50])).encode(
            "utf-8", "surrogatepass"
        ),
    ]
    return chance.choice(makers)()


_TEXTS = [
    *("", " ", "null", "true", "NaN", "-Infinity", "1e999", "[]", "{}", "[null]", '""', '"ab12"'),
    *("%", "%%s", "\0", "\x01", "\n", "\\", '"', "'", "{", "[" * 100_000, '{"a":' * 5_000),
    *("9" * 5_000, "-0", "0x10", "\ud800", '"\\ud800"', "é", "😀", "x" * 100_000, "course:*"),
    *('{"__proto__":1}', "#!lua", "<img src=x>", "../../etc/passwd", "2026-01-15T10:30:00"),
]
_JUNK = [None, True, 0, -1, 1.5, 10**30, "", "x", "\0", [], {}, [[]], {"a": 1}, "\ud800", "1e999"]


def _number(chance: Random) -> str:
    return chance.choice(["0", "1", "3", "-1", "1.5", "99", "999999999", "9" * 30, "x", '"1"'])


def _spoilt(chance: Random) -> Any:
    """Return one of the specimens in which something is missing, or is something else."""
    specimen = dict(chance.choice(SPECIMENS))
    field = chance.choice(list(specimen))
    what = chance.randrange(4)
    if what == 0:
        del specimen[field]
    elif what == 1:
        specimen[field] = chance.choice(_JUNK)
    elif what == 2:
        specimen[chance.choice(_TEXTS)[:20]] = chance.choice(_JUNK)
    else:
        return chance.choice([[specimen], {"data": specimen}, json.dumps(specimen), specimen])
    return specimen


def create(key: bytes | str, kind: str, chance: Random) -> list[Any]:
    """Return the command that makes a key of this type, or adds to it, with values of no sense."""
    several = [value(chance) for _ in range(chance.randrange(1, 4))]
    match kind:
        case "string":
            return ["SET", key, several[0]]
        case "list":
            return [chance.choice(["LPUSH", "RPUSH"]), key, *several]
        case "set":
            return ["SADD", key, *several]
        case "zset":
            return ["ZADD", key, *_flat((chance.choice(SCORES), each) for each in several)]
        case "hash":
            return ["HSET", key, *_flat((each, b"") for each in several)]
    return ["XADD", key, "*", *_flat((each, b"") for each in several)]


def _flat(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return [each for pair in pairs for each in pair]


# ---- files ----------------------------------------------------------------------------------

_ENDINGS = [b".jpg", b".JPG", b".jpeg", b".png", b".mp4", b".mov", b".mkv", b".avi", b".txt", b""]
_NAMES = [
    *(b"a", b" ", b"a ", b".hidden", b"a\n2026-01-01 ERROR", b"\xff\xfe", b"caf\xe9", b"-rf", b"~"),
    *("é".encode(), "😀".encode(), "\u202egpj".encode(), b"%s%n", b"a\\b", b"'; x", b"\x1b[31m"),
    *(b"x" * 240, b"CON", b"$(x)", b"<img src=x>", b"*", b"a.jpg.part", b"\x01\x7f"),
]
_FOLDERS = [
    *(b"strange", b"strange-2", b"x" * 64, b"x" * 65, b"no camera", b"caf\xe9", b".hidden"),
    *(b"@eaDir", b"#recycle", b"strange/2026/01", b"strange/@eaDir/a.jpg", b"strange/\xff"),
    *(b"strange/" + b"d/" * 30, b"*", b"lost+found", b"a\nb", b""),
]
MADE_OF = ("regular", "pipe", "socket", "link", "folder", "hard link", "device", "sparse")
_ENDS = ("stays", "renamed", "deleted", "replaced", "cut", "grows", "touched", "forbidden")


def content(chance: Random) -> bytes:
    """Return what may be in a file: an image, a spoilt one, or something else."""
    good = jpeg(chance.randrange(10**9))
    spoilt = bytearray(good)
    for _ in range(chance.randrange(1, 20)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return chance.choice(
        [
            good,
            bytes(spoilt),
            good[: chance.randrange(len(good))],
            good[:200] + bytes(len(good)),
            b"",
            chance.randbytes(500),
            b"\x89PNG\r\n\x1a\n" + chance.randbytes(200),
            chance.randbytes(4) + b"ftypisom" + chance.randbytes(200),
            b"\x1aE\xdf\xa3" + bytes(200),
            value(chance),
        ]
    )


def make_file(root: Path, chance: Random) -> str:
    """Make something strange in a camera's folder, and do something to it; say what it is."""
    below = os.path.join(os.fsencode(root), chance.choice(_FOLDERS))  # noqa: PTH118 - bytes
    path = os.path.join(below, chance.choice(_NAMES) + chance.choice(_ENDINGS))  # noqa: PTH118
    made_of, end = chance.choice(MADE_OF), chance.choice(_ENDS)
    with suppress(OSError, ValueError):  # the system, too, has limits
        os.makedirs(below, exist_ok=True)  # noqa: PTH103
        _make(path, made_of, chance)
        _treat(path, end, chance)
    return f"a file that is a {made_of} and {end}"


def _make(path: bytes, made_of: str, chance: Random) -> None:
    match made_of:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(path)
        case "link":
            aims = [b"/dev/zero", b"/dev/null/x", path, b"nowhere", b"..", b"/proc/self/mem"]
            os.symlink(chance.choice(aims), path)  # noqa: PTH211
        case "folder":
            os.mkdir(path)  # noqa: PTH102
        case "hard link":
            other = path + b".other"
            _write(other, content(chance))
            os.link(other, path)
        case "device":
            os.mknod(path, 0o20666, os.makedev(1, chance.choice([3, 5, 8])))
        case _:
            _write(path, content(chance))
            if made_of == "sparse":
                os.truncate(path, chance.choice([10**6, 60 * 10**6, 3 * 10**9]))


def _treat(path: bytes, end: str, chance: Random) -> None:
    if os.path.islink(path) and end in ("cut", "grows", "forbidden"):  # noqa: PTH114
        return  # what it leads to is not ours
    match end:
        case "renamed":
            os.rename(path, path[:-5] + chance.choice(_ENDINGS))  # noqa: PTH104
        case "deleted":
            os.remove(path)  # noqa: PTH107
        case "replaced":
            os.remove(path)  # noqa: PTH107
            _make(path, chance.choice(MADE_OF), chance)
        case "cut":
            os.truncate(path, chance.randrange(100))
        case "grows":
            _write(path, content(chance), "ab")
        case "touched":
            when = chance.choice([0, -(10**9), 2**33, 2**31])
            os.utime(path, (when, when), follow_symlinks=False)
        case "forbidden":
            os.chmod(path, 0)  # noqa: PTH101


def _write(path: bytes, data: bytes, mode: str = "wb") -> None:
    with open(path, mode, opener=_never_waiting) as file:
        file.write(data)


def _never_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW, 0o666)


def remove_all(root: Path) -> None:
    """Remove everything below the folder."""
    for name in os.listdir(os.fsencode(root)):  # noqa: PTH208
        path = os.path.join(os.fsencode(root), name)  # noqa: PTH118
        try:
            os.remove(path)  # noqa: PTH107
        except OSError:  # a folder; of a pipe, rmtree would wait for a writer
            shutil.rmtree(path, ignore_errors=True)
