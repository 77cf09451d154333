"""Reading the cards of an identity check (证件识读任务)."""

from engines.pictures import Reason
from models import IdentityImage, Job
from services.card_reading import Read, record_card_reading, unread_cards
from workers.jobs import Bench, answered


async def read_cards(bench: Bench, job: Job) -> None:
    """Read every card of a check that is not read yet; after the last attempt it counts as unread."""
    for image in await unread_cards(job.subject_id):
        read = await reading_of(bench, image, job.attempts)
        await record_card_reading(bench.call(), image_id=image.id, read=read)


async def reading_of(bench: Bench, image: IdentityImage, attempt: int) -> Read:
    """What the reader says of a card (识读答复)."""

    async def ask() -> Read:
        lines = await bench.cards.read(await bench.tools.images.get(image.image_key))
        return Read(lines, reader=bench.cards.engine)

    return await answered(attempt, ask, unread)


def unread(reason: Reason) -> Read:
    """A card that cannot be read (未能识读)."""
    return Read(reason=reason)
