"""Make the demo world ready (示例世界就绪): schema, rows, and the two enrolled faces."""

from datetime import UTC
from pathlib import Path

from rich.progress import Progress
from tortoise import Tortoise

from engines.images import ImageStore
from engines.keys import KeyRing
from models import FaceEnrolment
from models.config import orm_config
from ops import portraits
from ops.migrating import migrate_database
from ops.world.cast import PORTRAITS
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from ops.world.seed import seed


async def seed_world(
    database_url: str,
    keys: KeyRing,
    pharmacies: int | None = None,
    drugs: int | None = None,
    *,
    bar: bool = True,
) -> str:
    """Migrate and seed; a second time nothing is written. Gives a sentence that says what was done."""
    await migrate_database(database_url)
    with Progress(transient=True, disable=not bar) as progress:
        report = await seed(database_url, keys, pharmacies=pharmacies, drugs=drugs, progress=progress)
    return report.message


async def enrol_portraits(database_url: str, folder: Path, images: ImageStore) -> None:
    """Enrol the demo patients' faces (人脸建档) from the test portraits, once."""
    pictures = portraits.fetch(folder)
    await Tortoise.init(config=orm_config(database_url))
    try:
        for psn_no, name in PORTRAITS.items():
            if not await FaceEnrolment.filter(member_id=member_id(psn_no)).exists():
                key = await images.put(pictures[name].read_bytes())
                consented = DEMO_NOW.astimezone(UTC)
                await FaceEnrolment.create(member_id=member_id(psn_no), image_key=key, consented_at=consented)
    finally:
        await Tortoise.close_connections()
