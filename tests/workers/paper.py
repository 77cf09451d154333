"""Faces on paper (纸面人脸): an engine that reads whose picture it is off its first byte, and pictures."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from PIL import Image

from engines.pictures import Reason, Unusable
from models import FaceEnrolment
from ops.world.cast import FUJIAN_PATIENT
from ops.world.ids import member_id
from tests.house import House
from tests.workers.faces.sights import FINE
from workers.faces.pool import FacePool
from workers.faces.result import Seen, Sight

PATIENT = member_id(FUJIAN_PATIENT)
MODEL = "drawn 1"


FINDINGS = """query F($id: UUID!) {
  fill(id: $id) { identityChecks { id findings { engine verdict metric meanVersion } } }
}"""


def face(angle: float) -> list[float]:
    """Numbers of somebody: people differ by their angle."""
    return [0.1 + angle, 0.2, *[0.0] * 126]


class PaperPool(FacePool):
    """Stands in for the child processes: the first bytes of a picture say whose it is (纸面引擎)."""

    def __init__(self, model: str = MODEL) -> None:
        super().__init__(engines=("dlib",))
        self.models = {"dlib": model}
        self.read_pictures: list[bytes] = []

    async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
        """The numbers that the picture stands for."""
        self.read_pictures.append(picture)
        if picture == b"broken":
            raise Unusable(Reason.DAMAGED)
        if picture == b"hangs":
            raise Unusable(Reason.ENGINE_TIMEOUT)
        return {engine: Seen(face(picture[0] / 1000), FINE) for engine in engines}


async def enrolled(house: House, picture: bytes | None, member: UUID = PATIENT) -> FaceEnrolment:
    """An enrolled face; without a picture, one whose picture was lost."""
    key = await house.tools.images.put(picture) if picture else "00/" + "0" * 32
    return await FaceEnrolment.create(member_id=member, image_key=key, consented_at=house.now())


def png(shade: int = 1) -> bytes:
    """A picture that the door lets in."""
    file = io.BytesIO()
    Image.new("RGB", (100, 100), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


async def wait_for_a_lock(connection: Any) -> None:
    """Return once somebody in this database waits for a row."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while not await connection.fetchval(f"{asked} AND datname = current_database()"):  # noqa: ASYNC110  # it gives no sign
            await asyncio.sleep(0.01)
