"""The file watcher: from a file in a camera's folder to a job in `detection_queue`.

    <root>/<camera_id>/…/snapshot.jpg   →   {"camera_id": …, "file_path": …, "timestamp": …, …}

The operating system tells when something changes. It may tell too early (a file is announced with
its first byte), and in a storm not at all. So a notice only says where to look, all files are
looked at again every few seconds, and what counts is what is on the disk:

* A file is whole when it has stopped changing, and when its content can be read to the end.
* It is refused if it is no image or video that a camera may write (`backend.services.media_file`).
* It is queued once: its content is known by its hash for 5 minutes (`dedupe:<sha256>`).
* Queueing and "seen" are one step. As long as Redis is away or the queue full, the file waits, and
  the health endpoint says so.
"""

import asyncio
import os
import stat
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from redis.exceptions import ResponseError
from watchfiles import Change, awatch

from backend.core.push import (
    OverflowPolicy,
    QueueAddResult,
    add_to_queue_safe,
    get_queue_pressure,
)
from backend.core.redis import RedisClient
from backend.core.unavailable import is_unavailable
from backend.services.media_file import (
    CAMERA_ID,
    MEDIA,
    MediaFile,
    Refused,
    examine,
    is_of_a_camera,
)
from backend.services.stage import Stage

DETECTION_QUEUE = "detection_queue"
DEDUPE_TTL = 300  # seconds for which the content of a file is known
STATUS_TTL = 300  # seconds after its last file in which a camera counts as online
MAX_QUEUE = 10_000  # jobs that may wait

WITHOUT_NOTICES = 25  # fifths of a second until the system is asked for notices again
VIDEO_PATIENCE = 10  # times as long as an image, a video must not change before it counts as whole

# A file's size and time of change: as long as both stay, its content does.
State = tuple[int, int]


class FileWatcher(Stage):
    """Queues every new file of every camera.

    Args:
        client: a connected client.
        root: the folder of the cameras' folders. It need not be there yet.
        settle: seconds for which a file must not change before it counts as whole.
        rescan: seconds between two looks at all files.
        max_age: seconds; what is older when the watcher starts is left out. None: nothing is. A
            file that went through the pipeline in the last hour makes no second detection.
        max_queue: jobs that may wait in the queue.
        overflow_policy: what becomes of a file when it is full (see `add_to_queue_safe`). With
            "reject" it waits on the disk until there is room, and nothing is lost.
    """

    name = "file_watcher"

    def __init__(
        self,
        client: RedisClient,
        root: Path | str,
        *,
        settle: float = 0.5,
        rescan: float = 5.0,
        max_age: float | None = None,
        max_queue: int = MAX_QUEUE,
        overflow_policy: OverflowPolicy = "reject",
    ) -> None:
        super().__init__(client)
        self.root = Path(root).resolve()  # notices name files by their real paths
        self._settle = settle
        self._rescan = rescan
        self._max_age = max_age
        self._max_queue = max_queue
        self._overflow_policy: OverflowPolicy = overflow_policy
        self._handled: dict[Path, State] = {}
        self._waiting: dict[Path, tuple[State, float]] = {}  # and since when it is unchanged
        self._told: set[tuple[object, str]] = set()

    async def run(self) -> None:
        """Watch, until cancelled."""
        while True:
            self._skip_old(await asyncio.to_thread(_files, self.root))
            if not self.root.is_dir():
                self.log.info("waiting for the folder %s", self.root)
                self.ready.set()
            while not self.root.is_dir():  # noqa: ASYNC110 - nobody tells that it has come
                await asyncio.sleep(0.1)
            with suppress(FileNotFoundError):  # the root went while it was looked at
                await self._watch()

    async def _notices(self) -> AsyncGenerator[set[tuple[Change, str]], None]:
        """Yield what the system tells of changes: five times a second at least, if only nothing.

        Where it cannot tell (a name that is no text, no inotify instance left), the looks at all
        files go on without it, and it is asked again after a while.
        """
        while True:
            try:
                async for changes in awatch(
                    self.root,
                    watch_filter=None,
                    debounce=200,
                    step=20,
                    rust_timeout=200,
                    yield_on_timeout=True,
                    ignore_permission_denied=True,
                ):
                    yield changes
            except FileNotFoundError:
                raise
            except Exception as error:  # of the library, which has no class of its own for them
                remedy = (
                    " Raise fs.inotify.max_user_instances." if "os error 24" in str(error) else ""
                )
                self._say_once(
                    "notices",
                    f"no notices of changes ({error}): all files are looked at every "
                    f"{self._rescan:g} s instead.{remedy}",
                )
            for _ in range(WITHOUT_NOTICES):
                await asyncio.sleep(0.2)
                yield set()

    async def _watch(self) -> None:
        """Watch the root, as long as it is there."""
        self.log.info("watching %s", self.root)
        this_root = self.root.stat().st_ino
        next_scan, pause = 0.0, 0.2  # soon again, for what came while it looked around first
        notices = self._notices()
        notice = asyncio.ensure_future(anext(notices))  # first it watches, then it looks around
        try:
            while True:
                if time.monotonic() >= next_scan:
                    await self._scan_all()
                    next_scan, pause = time.monotonic() + pause, self._rescan
                    self.ready.set()
                changes = await notice
                notice = asyncio.ensure_future(anext(notices))
                changed = {Path(path) for _, path in changes}
                await self._scan(changed | self._waiting.keys())
                if any(path.is_dir() for path in changed):
                    next_scan = 0.0  # what came into a new folder before it was watched
                # A folder that is made anew may have the number of the old one.
                removed = (Change.deleted, str(self.root)) in changes
                if removed or not self.root.is_dir() or self.root.stat().st_ino != this_root:
                    self.log.warning("the folder %s is gone", self.root)
                    return
        finally:
            notice.cancel()
            await asyncio.gather(notice, return_exceptions=True)
            await notices.aclose()

    def _skip_old(self, files: list[tuple[Path, State]]) -> None:
        """Leave out what was too old already when the watcher started."""
        if self._max_age is None:
            return
        oldest = (time.time() - self._max_age) * 1e9
        old = {path: state for path, state in files if state[1] < oldest}
        self._handled.update(old)
        self._max_age = None  # from now on all that comes is new, however old it says it is
        if old:
            self.log.warning("left out %d files that are too old", len(old))

    async def _scan_all(self) -> None:
        problems: list[OSError] = []
        files = await asyncio.to_thread(_files, self.root, problems.append)
        for problem in problems:
            self._say_once(problem.filename, f"cannot list {problem.filename}: {problem.strerror}")
        here = {path for path, _ in files}
        if not problems:  # else a file that was not seen may be there all the same
            self._handled = {path: state for path, state in self._handled.items() if path in here}
        cameras = {path.relative_to(self.root).parts[0] for path in here}
        with suppress(OSError):
            cameras |= set(await asyncio.to_thread(_folders, self.root))
        known = sorted(camera for camera in cameras if CAMERA_ID.fullmatch(camera))
        if known:
            await self._add_cameras(*known)
        await self._consider(files)

    async def _scan(self, paths: Iterable[Path]) -> None:
        await self._consider(await asyncio.to_thread(_states, self.root, paths))
        for path in [path for path in self._waiting if not path.exists()]:
            del self._waiting[path]

    async def _consider(self, files: list[tuple[Path, State]]) -> None:
        for path, state in files:
            if self._handled.get(path) != state and self._is_settled(path, state):
                await self._enqueue_file(path, state)

    def _is_settled(self, path: Path, state: State) -> bool:
        """Return whether the file has not changed for a while; if not, look at it again later."""
        before, since = self._waiting.get(path, (None, 0.0))
        if before != state:
            since = time.monotonic()
            self._waiting[path] = state, since
        unchanged = max(time.monotonic() - since, time.time() - state[1] / 1e9)
        # A camera writes a video piece by piece, and may pause in between.
        patience = VIDEO_PATIENCE if MEDIA.get(path.suffix.lower()) == "video" else 1
        return unchanged >= self._settle * patience

    async def _enqueue_file(self, path: Path, state: State) -> None:
        started = time.time()
        shown = str(path.relative_to(self.root)).encode(errors="backslashreplace").decode()
        try:
            file = await asyncio.to_thread(examine, self.root, path)
        except Refused as reason:
            self.log.warning("refused %r: %s", shown, reason)
        except Exception as error:
            # That says nothing of the file: the next look at all files tries it again. Whatever it
            # is, the other files are looked at.
            why = getattr(error, "strerror", None) or type(error).__name__
            self._say_once(path, f"cannot read {shown!r}, to be tried again: {why}")
            self._waiting.pop(path, None)
            return
        else:
            added = await self.enqueue(file)
            if added.error:
                self.log.warning("%s: %r has to wait", added.error, shown)
                self.ready.set()  # it is at work: what is missing is room
            while added.error:
                await self._wait_for_room(added.error)
                added = await self.enqueue(file)
            if added.warning:
                self.log.warning("%s", added.warning)
            if added.duplicate:
                self.log.info("%r is known already", shown)
            else:
                self.record(str(file.path), started)
                self.log.info("queued %r (%d in the queue)", shown, added.queue_length)
        self._handled[path] = state
        self._waiting.pop(path, None)

    async def enqueue(self, file: MediaFile) -> QueueAddResult:
        """Add a job to the queue, unless the same content was added in the last 5 minutes.

        Then, in any case, its camera is known and online. A watcher that dies between the two
        finds the file again when it is back: a duplicate then, whose camera comes online.

        Returns:
            What became of the job; without `success`, the queue is full.
        """
        job = {
            "camera_id": file.camera_id,
            "file_path": str(file.path),
            "timestamp": file.timestamp,
            "media_type": file.media_type,
            "file_hash": file.sha256,
        }
        added = await add_to_queue_safe(
            self._client,
            DETECTION_QUEUE,
            job,
            max_size=self._max_queue,
            overflow_policy=self._overflow_policy,
            dedupe_key=file.sha256,
            expire=DEDUPE_TTL,
        )
        if added.duplicate and await self._has_moved(file):
            # The job that waits names a path where nothing is any more. This one is new.
            added = await add_to_queue_safe(
                self._client,
                DETECTION_QUEUE,
                job,
                max_size=self._max_queue,
                overflow_policy=self._overflow_policy,
                dedupe_key=f"{file.sha256}:{file.path}",
                expire=DEDUPE_TTL,
            )
        if added.success:
            if not added.duplicate:
                where = f"queued_from:{file.sha256}"
                await self._client.set(where, str(file.path), expire=DEDUPE_TTL)
            await self._show_online(file.camera_id)
        return added

    async def _has_moved(self, file: MediaFile) -> bool:
        """Return whether the same content was queued from a path where it no longer is."""
        key = f"queued_from:{file.sha256}"
        # Not get: to get_many, a key that is somebody else's, and holds no value, is none.
        before = (await self._client.get_many([key])).get(key)
        if not isinstance(before, str) or before == str(file.path):
            return False
        return not await asyncio.to_thread(os.path.lexists, before)

    async def _show_online(self, camera_id: str) -> None:
        status = {
            "camera_id": camera_id,
            "status": "online",
            "last_seen": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        await self._add_cameras(camera_id)
        await self._client.set(f"camera:{camera_id}:status", status, expire=STATUS_TTL)

    async def _add_cameras(self, *camera_ids: str) -> None:
        cameras = self._client.full_name("cameras")
        try:
            await self._client.call("SADD", cameras, *camera_ids, repeat=True)
        except ResponseError as error:
            if is_unavailable(error):
                raise
            # Somebody else has put something under that name. The jobs are what counts.
            self._say_once(cameras, f"the list of cameras cannot be kept: {error}")

    def _say_once(self, of: object, what: str) -> None:
        """Log a warning, unless the same was said of the same thing before."""
        if (of, what) not in self._told:
            self._told.add((of, what))
            self.log.warning("%s", what)

    async def _wait_for_room(self, error: str) -> None:
        """Wait until the queue is not full. This is back pressure: the producer slows down."""
        is_full = True
        while is_full:
            await self.tell(error, wait=0.2)
            await asyncio.sleep(0.2)
            pressure = await get_queue_pressure(
                self._client, DETECTION_QUEUE, max_size=self._max_queue
            )
            is_full = pressure.is_full


def _files(
    root: Path, problem: Callable[[OSError], None] = lambda error: None
) -> list[tuple[Path, State]]:
    """Return all files below the cameras' folders, the oldest first. Symlinks are not followed.

    Args:
        root: the folder of the cameras' folders.
        problem: called with the error for each folder that cannot be listed.
    """
    paths = []
    for folder, folders, names in os.walk(root, onerror=problem):
        folders[:] = [name for name in folders if is_of_a_camera(name)]
        paths += [Path(folder, name) for name in names]
    return _states(root, paths)


def _states(root: Path, paths: Iterable[Path]) -> list[tuple[Path, State]]:
    """Return the files among the paths with their states, the oldest first."""
    found = []
    for path in paths:
        # Some belong to a tool, and some, of a name without a medium, to somebody who still writes.
        if path.suffix.lower() not in MEDIA or not path.is_relative_to(root):
            continue
        if not all(map(is_of_a_camera, path.relative_to(root).parts)):
            continue
        try:
            status = path.lstat()
        except OSError:
            continue  # gone in the meantime, or looked at again soon
        if not stat.S_ISDIR(status.st_mode):
            found.append((path, (status.st_size, status.st_mtime_ns)))
    return sorted(found, key=lambda file: file[1][1])


def _folders(root: Path) -> list[str]:
    return [entry.name for entry in root.iterdir() if entry.is_dir() and not entry.is_symlink()]
