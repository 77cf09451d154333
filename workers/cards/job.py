"""Reading the cards of an identity check (证件识读任务)."""

from engines.images import ImageMissing
from engines.pictures import Reason, Unusable
from models import IdentityImage, Job
from services.card_reading import Read, record_card_reading, unread_cards
from workers.faces.pool import PoolStopped
from workers.jobs import ATTEMPTS_MAX, Bench


async def read_cards(bench: Bench, job: Job) -> None:
    """Read every card of a check that is not read yet; after the last attempt it counts as unread."""
    for image in await unread_cards(job.subject_id):
        read = await reading_of(bench, image, job.attempts)
        await record_card_reading(bench.call(), image_id=image.id, read=read)


async def reading_of(bench: Bench, image: IdentityImage, attempt: int) -> Read:
    """What the reader says of a card (识读答复)."""
    # what ended its workers that often would end this one too
    if attempt > ATTEMPTS_MAX:
        return Read(reason=Reason.ENGINE_FAILED)
    try:
        lines = await bench.cards.read(await bench.tools.images.get(image.image_key))
    except ImageMissing:
        return Read(reason=Reason.REFERENCE_MISSING)
    except Unusable as unusable:
        # a reader that cannot be started may be tried again; a picture stays what it is
        if unusable.reason == Reason.ENGINE_FAILED and attempt < ATTEMPTS_MAX:
            raise
        return Read(reason=unusable.reason)
    except PoolStopped:
        raise
    # The engine is a foreign house: whatever it raises, the card ends with a reading.
    except Exception:
        if attempt < ATTEMPTS_MAX:
            raise
        return Read(reason=Reason.ENGINE_FAILED)
    return Read(lines, reader=bench.cards.engine)
