"""The file watcher, on a real folder: what it queues, what it refuses, and what it survives."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from tests.backend.services.images import jpeg
from tests.support import THOROUGH, until

from backend.api.health import troubles
from backend.examples.scenes import scene
from backend.services.file_watcher import DETECTION_QUEUE, FileWatcher
from backend.services.media_file import MediaFile, Refused, examine

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(100)


def put(root: Path, name: str, content: bytes) -> Path:
    """Write a file as one should: under another name first."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    return unfinished.rename(path)


async def queued(client) -> list[str]:
    return [Path(job["file_path"]).name for job in await client.peek_queue(DETECTION_QUEUE)]


async def until_queued(client, count: int, *, within: float = 10) -> list[str]:
    async def enough() -> bool:
        return await client.get_queue_length(DETECTION_QUEUE) >= count

    await until(enough, within=within)
    return await queued(client)


def watcher(client, root: Path, **options) -> FileWatcher:
    return FileWatcher(client, root, **{"settle": 0.05, "rescan": 0.3, **options})


# ---- what it queues --------------------------------------------------------------------


async def test_a_new_image_becomes_a_job_with_production_s_fields(client, root):
    async with watcher(client, root):
        path = scene("garden", "cat").save(root)
        await until_queued(client, 1)
    (job,) = await client.peek_queue(DETECTION_QUEUE)
    assert job == {
        "camera_id": "garden",
        "file_path": str(path.resolve()),
        "timestamp": job["timestamp"],
        "media_type": "image",
        "file_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    written = datetime.fromisoformat(job["timestamp"])
    assert written.timestamp() == pytest.approx(path.stat().st_mtime, abs=0.001)
    assert written.tzinfo


async def test_a_file_is_seen_a_fraction_of_a_second_after_it_is_whole(client, root):
    async with watcher(client, root, rescan=60):
        began = time.monotonic()
        for number in (1, 2, 3):
            put(root, f"garden/{number}.jpg", jpeg(number))
            await until_queued(client, number)
        assert time.monotonic() - began < 3.5


async def test_a_video_is_queued_as_a_video(client, root):
    async with watcher(client, root):
        put(root, "garden/clip.mp4", MP4)
        await until_queued(client, 1)
    (job,) = await client.peek_queue(DETECTION_QUEUE)
    assert job["media_type"] == "video"


async def test_what_was_there_before_it_started_is_queued_the_oldest_first(client, root):
    for number, age in enumerate([10, 30, 20]):
        path = put(root, f"garden/{age}.jpg", jpeg(number))
        os.utime(path, (1_763_800_000 - age, 1_763_800_000 - age))
    async with watcher(client, root):
        assert await queued(client) == ["30.jpg", "20.jpg", "10.jpg"]


async def test_what_is_too_old_at_the_start_is_left_out(client, root, caplog):
    os.utime(put(root, "garden/old.jpg", jpeg(1)), (1_763_000_000, 1_763_000_000))
    put(root, "garden/new.jpg", jpeg(2))
    async with watcher(client, root, max_age=3600):
        await until_queued(client, 1)
        later = put(root, "garden/old_but_sent_now.jpg", jpeg(3))
        os.utime(later, (1_763_000_000, 1_763_000_000))
        assert await until_queued(client, 2) == ["new.jpg", "old_but_sent_now.jpg"]
    assert "left out 1 files" in caplog.text


async def test_a_folder_that_appears_later_is_watched(client, root):
    root.rmdir()
    async with watcher(client, root):
        put(root, "garden/first.jpg", jpeg(1))
        await until_queued(client, 1)
        put(root, "driveway/second.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["first.jpg", "second.jpg"]


async def test_a_folder_that_is_removed_and_made_again_is_watched_again(client, root):
    async with watcher(client, root, rescan=60):
        put(root, "garden/first.jpg", jpeg(1))
        await until_queued(client, 1)
        shutil.rmtree(root)
        put(root, "garden/second.jpg", jpeg(2))
        await until_queued(client, 2)
        await asyncio.sleep(0.5)  # what follows a start is over: from here on only notices help
        put(root, "garden/third.jpg", jpeg(3))
        assert await until_queued(client, 3) == ["first.jpg", "second.jpg", "third.jpg"]


async def test_a_new_camera_is_known_and_online(client, root):
    (root / "empty").mkdir()
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg())
        await until(lambda: client.exists("camera:garden:status"))
    members = await client.call("SMEMBERS", client.full_name("cameras"))
    assert members == {b"empty", b"garden"}
    assert (await client.get("camera:garden:status"))["status"] == "online"
    assert 295 <= await client.call("TTL", client.full_name("camera:garden:status")) <= 300
    assert await client.get("camera:empty:status") is None


@THOROUGH
@pytest.mark.timeout(300)
async def test_a_burst_of_five_thousand_files_is_queued_to_the_last(client, root):
    folder = root / "garden"
    folder.mkdir()
    async with watcher(client, root, rescan=2):
        for number in range(5000):
            (folder / f"{number:04d}.jpg").write_bytes(jpeg(number))
        names = await until_queued(client, 5000, within=240)
    assert sorted(names) == [f"{number:04d}.jpg" for number in range(5000)]


# ---- whole files only ------------------------------------------------------------------


async def test_a_file_that_is_still_being_written_waits_until_it_is_whole(client, root):
    content = scene("garden", "person").jpeg()
    path = root / "garden" / "slow.jpg"
    path.parent.mkdir()
    async with watcher(client, root):
        with path.open("wb", buffering=0) as file:
            file.write(content[: len(content) // 2])
            # The writer stops for longer than the file needs to settle: a file that comes
            # later is queued, and this half is not.
            put(root, "garden/later.jpg", jpeg())
            assert await until_queued(client, 1) == ["later.jpg"]
            file.write(content[len(content) // 2 :])
        assert await until_queued(client, 2) == ["later.jpg", "slow.jpg"]
    job = (await client.peek_queue(DETECTION_QUEUE))[1]
    assert job["file_hash"] == hashlib.sha256(content).hexdigest()


async def test_a_file_under_a_name_for_the_time_being_is_left_alone(client, root):
    async with watcher(client, root):
        (root / "garden").mkdir()
        (root / "garden" / ".a.jpg").write_bytes(jpeg(1))
        (root / "garden" / "a.jpg.part").write_bytes(jpeg(2))
        put(root, "garden/whole.jpg", jpeg(3))
        assert await until_queued(client, 1) == ["whole.jpg"]


async def test_a_video_that_grows_is_queued_once_it_has_stopped_growing(client, root):
    path = root / "garden" / "clip.mp4"
    path.parent.mkdir()
    async with watcher(client, root, settle=0.5):
        with path.open("wb", buffering=0) as file:
            file.write(MP4)
            for _ in range(20):  # no piece takes as long as the file needs to settle
                await asyncio.sleep(0.05)
                file.write(bytes(1000))
        await until_queued(client, 1)
    (job,) = await client.peek_queue(DETECTION_QUEUE)
    assert job["file_hash"] == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_file_of_which_no_notice_came_is_found_by_looking(client, root, monkeypatch):
    async def silent(*paths, **options):
        while True:
            await asyncio.sleep(0.02)
            yield set()

    monkeypatch.setattr("backend.services.file_watcher.awatch", silent)
    async with watcher(client, root):
        for number in range(2):
            put(root, f"garden/{number}.jpg", jpeg(number))
            await until_queued(client, number + 1)


# ---- what it refuses -------------------------------------------------------------------


async def test_what_is_refused_does_not_stop_the_others(client, root, caplog):
    name = "<img src=x onerror=alert(1)>\n.jpg"
    async with watcher(client, root):
        put(root, f"garden/{name}", b"no image")
        put(root, "garden/good.jpg", jpeg(1))
        assert await until_queued(client, 1) == ["good.jpg"]
        put(root, f"garden/2{name}", jpeg(2))
        assert await until_queued(client, 2) == ["good.jpg", f"2{name}"]
    assert all("\n" not in record.getMessage() for record in caplog.records)  # no forged lines


# ---- seen once, lost never -------------------------------------------------------------


async def test_the_same_content_is_queued_once(client, root):
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        await until_queued(client, 1)
        put(root, "garden/copy.jpg", jpeg(1))
        put(root, "garden/other.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["a.jpg", "other.jpg"]
    key = client.full_name(f"dedupe:{hashlib.sha256(jpeg(1)).hexdigest()}")
    assert 290 <= await client.call("TTL", key) <= 300


async def test_a_second_watcher_queues_nothing_again(client, root):
    put(root, "garden/a.jpg", jpeg(1))
    for _ in range(2):
        async with watcher(client, root):
            assert await until_queued(client, 1) == ["a.jpg"]


async def test_a_file_that_changes_is_queued_again(client, root):
    async with watcher(client, root):
        put(root, "garden/now.jpg", jpeg(1))
        await until_queued(client, 1)
        put(root, "garden/now.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["now.jpg", "now.jpg"]


async def test_a_file_is_not_seen_until_it_is_in_the_queue(quick, private_server, root, caplog):
    async with watcher(quick, root) as watching:
        watching._retry_after = 0.05
        private_server.stop()
        put(root, "garden/a.jpg", jpeg(1))

        async def has_tried() -> bool:
            return "trying again" in caplog.text

        await until(has_tried)
        private_server.start()
        assert await until_queued(quick, 1) == ["a.jpg"]


async def test_when_the_queue_is_full_files_wait_where_they_are(client, root, caplog):
    async with watcher(client, root, max_queue=2):
        for number in range(4):
            put(root, f"garden/{number}.jpg", jpeg(number))

        async def is_full() -> bool:
            return "is full" in caplog.text

        await until(is_full)
        assert await client.get_queue_length(DETECTION_QUEUE) == 2
        got = [await client.get_from_queue(DETECTION_QUEUE, timeout=5) for _ in range(4)]
    assert sorted(Path(job["file_path"]).name for job in got) == [f"{n}.jpg" for n in range(4)]


async def test_a_watcher_that_starts_with_a_full_queue_is_up_and_says_what_it_waits_for(
    client, root
):
    await client.add_to_queue(DETECTION_QUEUE, "of others")
    put(root, "garden/a.jpg", jpeg(1))
    async with asyncio.timeout(20), watcher(client, root, max_queue=1):
        await until(lambda: client.exists("stage:file_watcher:trouble"))
        health = (await troubles(client))["file_watcher"]
        assert health.status == "degraded"
        assert "detection_queue is full (1 of 1 items)" in health.message
    assert await client.peek_queue(DETECTION_QUEUE) == [
        "of others"
    ]  # it ended, and did not wait for room
    async with watcher(client, root, max_queue=1):
        assert await client.get_from_queue(DETECTION_QUEUE, timeout=1) == "of others"
        assert await until_queued(client, 1) == ["a.jpg"]


@pytest.mark.parametrize(
    ("policy", "waiting", "dead"),
    [("dlq", ["2.jpg", "3.jpg"], ["0.jpg", "1.jpg"]), ("drop_oldest", ["2.jpg", "3.jpg"], [])],
)
async def test_with_another_policy_the_oldest_jobs_make_room(client, root, policy, waiting, dead):
    watching = watcher(client, root, max_queue=2, overflow_policy=policy)
    for number in range(4):
        await watching.enqueue(examine(root, put(root, f"garden/{number}.jpg", jpeg(number))))
    jobs = await client.peek_queue(DETECTION_QUEUE)
    letters = await client.peek_queue(f"dlq:overflow:{DETECTION_QUEUE}")
    assert [Path(job["file_path"]).name for job in jobs] == waiting
    assert [Path(letter["data"]["file_path"]).name for letter in letters] == dead


async def test_a_watcher_that_died_before_the_camera_was_online_makes_up_for_it(
    client, root, monkeypatch
):
    file = MediaFile("garden", root / "a.jpg", "image", "2026-01-15T10:30:00+00:00", "ab" * 32)
    watching = watcher(client, root)
    with monkeypatch.context() as dying:
        dying.setattr(client, "set", None)
        with pytest.raises(TypeError):
            await watching.enqueue(file)
    assert await client.get_queue_length(DETECTION_QUEUE) == 1
    assert (await watching.enqueue(file)).duplicate
    assert (await client.get("camera:garden:status"))["status"] == "online"
    assert await client.get_queue_length(DETECTION_QUEUE) == 1


async def test_queueing_and_remembering_are_one_step(client, root):
    file = MediaFile("garden", root / "a.jpg", "image", "2026-01-15T10:30:00+00:00", "ab" * 32)
    watching = watcher(client, root)
    added = [await watching.enqueue(file) for _ in range(2)]
    assert [(each.duplicate, each.queue_length) for each in added] == [(False, 1), (True, 1)]
    await client.call("SET", client.full_name("detection_queue"), "no list")  # the push will fail
    other = MediaFile("garden", root / "b.jpg", "image", "2026-01-15T10:30:00+00:00", "cd" * 32)
    with pytest.raises(Exception, match="WRONGTYPE"):
        await watching.enqueue(other)
    assert await client.exists(f"dedupe:{'cd' * 32}") == 0


# ---- what cameras, disks and machines do -----------------------------------------------


async def test_a_name_that_is_no_text_is_left_out_and_the_others_are_queued(client, root, caplog):
    async with watcher(client, root):
        (root / "front").mkdir()
        put(root, os.fsdecode(b"front/bad\xff.jpg"), jpeg(1))
        put(root, "front/good.jpg", jpeg(2))
        assert await until_queued(client, 1) == ["good.jpg"]
        await until(lambda: "is not UTF-8" in caplog.text)
        put(root, "front/later.jpg", jpeg(3))
        assert await until_queued(client, 2) == ["good.jpg", "later.jpg"]


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()], ids=str)
async def test_a_file_that_cannot_be_read_is_tried_again(client, root, monkeypatch, error):
    fails = iter([error, error])

    def sometimes(*arguments: Path) -> MediaFile:
        if (problem := next(fails, None)) is not None:
            raise problem
        return examine(*arguments)

    monkeypatch.setattr("backend.services.file_watcher.examine", sometimes)
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        assert await until_queued(client, 1) == ["a.jpg"]


async def test_without_notices_all_files_are_looked_at(client, root, monkeypatch, caplog):
    async def none_left(*_: object, **__: object):
        raise RuntimeError("Too many open files (os error 24)")
        yield

    monkeypatch.setattr("backend.services.file_watcher.awatch", none_left)
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        assert await until_queued(client, 1) == ["a.jpg"]
    assert caplog.text.count("fs.inotify.max_user_instances") == 1


async def test_a_root_that_cannot_be_listed_for_a_moment_makes_nothing_new_of_what_is_known(
    client, root, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    listed = os.walk
    looks = 0

    def no_descriptor_at_first(top: Path, onerror: Callable[[OSError], None]) -> Iterator[object]:
        nonlocal looks
        looks += 1
        if looks > 1:
            return listed(top, onerror=onerror)
        onerror(OSError(24, "Too many open files", str(top)))
        return iter(())

    async def looked_again() -> bool:
        return looks > 2  # so the look before the last is over

    put(root, "garden/a.jpg", jpeg(1))
    async with watcher(client, root):
        await until_queued(client, 1)
        monkeypatch.setattr(os, "walk", no_descriptor_at_first)
        await until(looked_again)
    assert "Too many open files" in caplog.text
    assert "is known already" not in caplog.text


@pytest.mark.parametrize(
    "name",
    [
        ".thumbnails/a.jpg", "@eaDir/a.jpg/a.jpg", ".@__thumb/a.jpg", ".Trash-1000/files/a.jpg",
        "#recycle/a.jpg", ".rsync-partial/a.jpg", ".snapshot/h/a.jpg", "lost+found/a.jpg",
        "$RECYCLE.BIN/a.jpg", "~snapshot/a.jpg",
    ],
)  # fmt: skip
async def test_folders_of_disks_and_tools_are_left_out(client, root, name):
    put(root, f"front/{name}", jpeg(1))
    async with watcher(client, root):
        put(root, "front/ours.jpg", jpeg(2))
        assert await until_queued(client, 1) == ["ours.jpg"]
        put(root, f"front/{name}", jpeg(3))
        put(root, "front/second.jpg", jpeg(4))
        assert await until_queued(client, 2) == ["ours.jpg", "second.jpg"]


async def test_a_video_that_comes_in_four_parts_is_one_job(client, root):
    path = root / "garden" / "clip.mp4"
    path.parent.mkdir()
    async with watcher(client, root):
        with path.open("wb") as file:
            for part in (MP4, b"1" * 100, b"2" * 100, b"3" * 100):
                file.write(part)
                file.flush()
                await asyncio.sleep(0.12)  # simulated: a camera that pauses, longer than `settle`
        await until_queued(client, 1)
        put(root, "garden/afterwards.jpg", jpeg(1))
        assert await until_queued(client, 2) == ["clip.mp4", "afterwards.jpg"]


def test_an_image_of_which_the_rest_is_zeros_is_not_whole(root, tmp_path):
    noise = Image.effect_noise((320, 240), 60).convert("RGB")
    whole = io.BytesIO()
    noise.save(whole, "JPEG", quality=95)
    content = whole.getvalue()
    part = content[: len(content) // 3]
    path = put(root, "garden/copy.jpg", part + bytes(len(content) - len(part)))
    with pytest.raises(Refused, match="no whole image"):
        examine(root, path)


async def test_a_file_that_is_moved_before_it_is_looked_at_has_a_new_job(client, root):
    async with watcher(client, root):
        path = put(root, "garden/a.jpg", jpeg(1))
        await until_queued(client, 1)
        path.rename(root / "garden" / "b.jpg")
        assert await until_queued(client, 2) == ["a.jpg", "b.jpg"]


async def test_a_watcher_that_dies_after_it_has_queued_a_moved_file_queues_it_once(client, root):
    watching = watcher(client, root)
    before = put(root, "garden/a.jpg", jpeg(1))
    await watching.enqueue(examine(root, before))
    moved = examine(root, before.rename(root / "garden" / "b.jpg"))
    assert not (await watching.enqueue(moved)).duplicate
    await client.set(f"queued_from:{moved.sha256}", str(before))  # as if it had died before this
    assert (await watching.enqueue(moved)).duplicate
    assert await queued(client) == ["a.jpg", "b.jpg"]


async def test_a_copy_has_no_job_of_its_own(client, root):
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        await until_queued(client, 1)
        put(root, "garden/b.jpg", jpeg(1))
        put(root, "garden/c.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["a.jpg", "c.jpg"]


async def test_a_foreign_value_where_the_cameras_are_listed_keeps_no_job_back(client, root):
    await client.set("cameras", "not a set")
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        await until_queued(client, 1)
        put(root, "garden/b.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["a.jpg", "b.jpg"]


async def test_a_link_to_itself_is_refused_and_the_others_are_queued(client, root):
    loop = root / "garden" / "loop.jpg"
    loop.parent.mkdir()
    loop.symlink_to(loop)
    async with watcher(client, root):
        put(root, "garden/good.jpg", jpeg(1))
        assert await until_queued(client, 1) == ["good.jpg"]


async def test_a_file_at_which_looking_fails_in_an_odd_way_keeps_no_other_back(
    client, root, monkeypatch
):
    def fails(root, path):
        if path.name == "odd.jpg":
            raise RuntimeError("a library's bug")
        return examine(root, path)

    monkeypatch.setattr("backend.services.file_watcher.examine", fails)
    put(root, "garden/odd.jpg", jpeg(1))
    async with watcher(client, root):
        put(root, "garden/good.jpg", jpeg(2))
        assert await until_queued(client, 1) == ["good.jpg"]
    monkeypatch.undo()
    async with watcher(client, root):
        assert await until_queued(client, 2) == ["good.jpg", "odd.jpg"]


async def test_a_foreign_value_where_a_file_was_queued_from_keeps_no_file_back(client, root):
    sha256 = hashlib.sha256(jpeg(1)).hexdigest()
    async with watcher(client, root):
        put(root, "garden/a.jpg", jpeg(1))
        await until_queued(client, 1)
        where = f"queued_from:{sha256}"
        await until(lambda: client.exists(where))
        await client.delete(where)
        await client.call("HSET", client.full_name(where), "a", "b")
        put(root, "garden/copy.jpg", jpeg(1))
        put(root, "garden/good.jpg", jpeg(2))
        assert await until_queued(client, 2) == ["a.jpg", "good.jpg"]
