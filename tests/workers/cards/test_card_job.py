"""From the cards at the counter to what may be settled."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from models import Event, Fill, IdentityImage, Job, Member
from models.job import JobKind, JobState
from ops import road_documents as documents
from ops.client import Json
from ops.road import SHANXI
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CardReading, EventKind
from services.card_reading import Read, record_card_reading
from tests.cards import card_numbers, number_of
from tests.house import House
from tests.id_cards import id_card
from tests.road.family import claimed_by_family, obstacles
from tests.road.walk import Walk, picture
from workers.cards.job import reading_of
from workers.cards.reader import CardReader
from workers.faces.pool import FacePool
from workers.jobs import ATTEMPTS_MAX, Bench, run_job
from workers.main import RUNNERS

NAMES = {cast.SHANXI_PATIENT: "王田工", cast.SHANXI_PATIENT_FAMILY: "田王工"}

CARDS = """query C($id: UUID!) { fill(id: $id) { identityChecks { cards {
  document reading matched reason advice reader } } } }"""


@pytest.fixture(scope="module")
async def walk(house: House) -> Walk:
    """Shanxi, where a proxy shows both cards; two people have names that can be drawn."""
    for psn_no, name in NAMES.items():
        key = member_id(psn_no)
        sealed = house.tools.keys.encrypt_text(name, context=f"member:{key}".encode())
        await Member.filter(id=key).update(name_sealed=sealed)
    return Walk(house, SHANXI)


@pytest.fixture
async def fill(walk: Walk) -> Json:
    """An order that the daughter comes for, signed by her."""
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(cast.SHANXI_PATIENT_FAMILY))
    return fill


async def people(fill: Json) -> tuple[Member, Member]:
    """The buyer and the member of a fill."""
    row = await Fill.get(id=fill["id"])
    return await Member.get(id=row.buyer_id), await Member.get(id=row.member_id)


async def lines_of(fill: Json) -> dict[str, list[str]]:
    """What stands on both people's cards."""
    buyer, member = await people(fill)
    return {
        "CARD": ["姓名田王工", number_of(buyer)],
        "MEMBER_CARD": ["姓名王田工", "公民身份号码" + number_of(member)],
    }


async def read_all(walk: Walk, fill: Json, **changes: Sequence[str]) -> None:
    """Give the cards of a fill that wait these readings, past the engine."""
    lines = await lines_of(fill) | changes
    for image in await IdentityImage.filter(
        check_row__fill_id=fill["id"], kind__in=list(lines), reading__isnull=True
    ):
        read = Read(lines[image.kind], reader="test")
        await record_card_reading(walk.house.call(), image_id=image.id, read=read)


async def scan(walk: Walk, fill: Json, **numbers: str) -> Json:
    """Hand in the face and both cards, without numbers unless they are given."""
    pictures = dict.fromkeys(("live", "card", "memberCard"), picture())
    check = await walk.counter().upload(documents.CHECK_FACE, pictures, fillId=fill["id"], **numbers)
    await walk.decide_face(check["id"])
    return check


async def cards_of(walk: Walk, fill: Json) -> list[Json]:
    """The scanned cards as the pharmacy sees them, of the last check."""
    data = await walk.counter().execute(CARDS, {"id": fill["id"]})
    cards: list[Json] = data["fill"]["identityChecks"][-1]["cards"]
    return cards


async def test_both_cards_are_read_compared_and_free_the_settlement(
    walk: Walk, fill: Json, reader: CardReader
) -> None:
    house = walk.house
    buyer, member = await people(fill)
    pictures = {
        "live": picture(),
        "card": id_card(number_of(buyer), "田王工"),
        "memberCard": id_card(number_of(member), "王田工"),
    }
    check = await walk.counter().upload(documents.CHECK_FACE, pictures, fillId=fill["id"])
    await walk.decide_face(check["id"])
    waiting = await obstacles(walk, fill)
    job = await Job.get(subject_id=check["id"], kind=JobKind.CARD_READING)

    with capture_logs() as logs:
        await run_job(Bench(house.tools, FacePool(), house.now, reader), job.id, RUNNERS)

    cards = await cards_of(walk, fill)
    assert waiting == ["CARD_UNREAD"]
    assert [(card["document"], card["reading"], card["matched"]) for card in cards] == [
        ("身份证", "READ_MATCH", ["NUMBER", "NAME"]),
        ("参保人身份证", "READ_MATCH", ["NUMBER", "NAME"]),
    ]
    assert all(card["reader"].startswith("rapidocr") and not card["advice"] for card in cards)
    assert await obstacles(walk, fill) == []
    assert (await Job.get(id=job.id)).state == JobState.DONE
    assert await Event.filter(kind=EventKind.CARDS_READ, subject_id=check["id"]).count() == 2
    assert number_of(buyer) not in str(logs)
    await walk.settle(fill)


async def test_a_card_with_another_number_waits_for_a_person(walk: Walk, fill: Json) -> None:
    buyer, _ = await people(fill)
    numbers = await card_numbers(fill["id"])
    await scan(walk, fill, **numbers)

    await read_all(walk, fill, MEMBER_CARD=["姓名田王工", number_of(buyer)])

    assert await obstacles(walk, fill) == ["CARD_DIFFERS"], "a number typed beside it does not undo it"
    card = (await cards_of(walk, fill))[1]
    assert (card["reading"], card["matched"]) == ("DIFFERS", [])
    assert "店员" in card["advice"]
    await walk.verify_manually(fill, shown=["身份证", "参保人身份证"])
    assert await obstacles(walk, fill) == []


async def test_a_card_scanned_again_undoes_a_bad_scan(walk: Walk, fill: Json) -> None:
    await scan(walk, fill)
    await read_all(walk, fill, CARD=["模糊"], MEMBER_CARD=["姓名田王工"])
    unread = await obstacles(walk, fill)

    await scan(walk, fill)
    await read_all(walk, fill)

    assert unread == ["CARD_UNREAD"]
    assert await obstacles(walk, fill) == []


@pytest.mark.parametrize(
    ("name", "matched", "says"),
    [("姓名田王土", ["NUMBER"], "姓名"), ("", ["NUMBER"], "姓名")],
    ids=["姓名不同", "姓名未读出"],
)
async def test_another_name_is_looked_at_and_not_called_another_person(
    walk: Walk, fill: Json, name: str, matched: list[str], says: str
) -> None:
    buyer, _ = await people(fill)
    await scan(walk, fill)

    await read_all(walk, fill, CARD=[name, number_of(buyer)])

    card = (await cards_of(walk, fill))[0]
    assert (card["reading"], card["matched"]) == ("UNREAD", matched)
    assert says in card["advice"]
    assert await obstacles(walk, fill) == ["CARD_UNREAD"]


async def test_the_number_of_a_card_reader_stands_in_for_a_card_that_cannot_be_read(
    walk: Walk, fill: Json
) -> None:
    await scan(walk, fill, **await card_numbers(fill["id"]))
    waiting = await obstacles(walk, fill)

    await read_all(walk, fill, CARD=["反光"], MEMBER_CARD=[])

    assert waiting == ["CARD_UNREAD"]
    assert await obstacles(walk, fill) == []


async def test_a_face_like_a_card_that_is_not_the_buyers_says_nothing(walk: Walk) -> None:
    fill = await walk.request(await walk.upload())
    await walk.approve(fill)
    await walk.mark_ready(fill)
    pictures = {"live": picture(), "card": picture()}
    check = await walk.counter().upload(documents.CHECK_FACE, pictures, fillId=fill["id"])
    await walk.decide_face(check["id"])
    waiting = await obstacles(walk, fill)
    stranger = await Member.get(id=member_id(cast.SHANXI_PATIENT_FAMILY))

    await read_all(walk, fill, CARD=["姓名王田工", number_of(stranger)])

    assert waiting == ["CARD_UNREAD"]
    assert await obstacles(walk, fill) == ["CARD_DIFFERS"]


async def test_what_was_read_is_written_once_and_nowhere_else(walk: Walk, fill: Json) -> None:
    check = await scan(walk, fill)
    image = await IdentityImage.get(check_row_id=check["id"], kind="CARD")
    first = Read(["看不清"], reader="test")
    second = Read((await lines_of(fill))["CARD"], reader="test")

    for read in (first, second):
        row = await record_card_reading(walk.house.call(), image_id=image.id, read=read)

    assert row.reading == CardReading.UNREAD
    assert "田王工" not in repr(second)


class Broken(CardReader):
    """A reader that never answers (识读故障)."""

    async def read(self, picture: bytes) -> list[str]:
        """Fail."""
        raise RuntimeError("the engine is away")


async def test_a_reader_that_fails_three_times_leaves_the_card_unread(walk: Walk, fill: Json) -> None:
    house = walk.house
    check = await scan(walk, fill)
    job = await Job.get(subject_id=check["id"], kind=JobKind.CARD_READING)
    bench = Bench(house.tools, FacePool(), house.now, Broken())
    seen = []

    for _ in range(ATTEMPTS_MAX):
        await run_job(bench, job.id, RUNNERS)
        seen.append((await IdentityImage.get(check_row_id=check["id"], kind="CARD")).reading)

    cards = await cards_of(walk, fill)
    assert seen == [None, None, CardReading.UNREAD]
    assert [card["reason"] for card in cards] == ["ENGINE_FAILED", "ENGINE_FAILED"]
    assert (await Job.get(id=job.id)).state == JobState.DONE


async def test_a_card_that_ended_its_workers_is_not_tried_again_and_a_purged_one_is_told(
    walk: Walk, fill: Json
) -> None:
    house = walk.house
    check = await scan(walk, fill)
    image = await IdentityImage.get(check_row_id=check["id"], kind="CARD")
    bench = Bench(house.tools, FacePool(), house.now, Broken())

    spent = await reading_of(bench, image, ATTEMPTS_MAX + 1)
    await house.tools.images.delete(image.image_key)
    gone = await reading_of(bench, image, 1)

    assert (spent.reason, gone.reason) == ("ENGINE_FAILED", "REFERENCE_MISSING")
