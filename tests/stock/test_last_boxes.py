"""Two hundred patients want the last ten boxes at the same instant."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

from models import Institution, Member, Prescription, PrescriptionLine, StockHold
from ops.world import cast
from ops.world.ids import member_id
from policy.calendar import shanghai_day
from policy.terms import Role
from policy.violation import Code
from services.claiming import request_fill
from services.errors import Refused
from services.movements import record_movements
from tests.house import House
from tests.services.stage import actor
from tests.stock.counter import COUNTER, check_adds_up, empty_shelf, item_of, purchase
from tests.written import line_row, prescription_row

WANTED, BOXES = 200, 10


async def prescriptions(house: House) -> list[UUID]:
    """So many prescriptions of one box each."""
    hospital = await Institution.get(code=cast.FUJIAN_HOSPITAL)
    member = await Member.get(id=member_id(cast.FUJIAN_PATIENT))
    made = [prescription_row(hospital, member, house.now()) for _ in range(WANTED)]
    await Prescription.bulk_create(made)
    await PrescriptionLine.bulk_create(line_row(one.id, cast.AMLODIPINE) for one in made)
    return [one.id for one in made]


async def test_two_hundred_fills_for_the_last_ten_boxes_end_with_exactly_ten(house: House) -> None:
    await empty_shelf(house)
    today = shanghai_day(house.now())
    last = purchase(BOXES, "LAST", today.replace(year=today.year + 1))
    await record_movements(house.call(COUNTER), entries=[last])
    ids = await prescriptions(house)
    patient = actor(Role.PATIENT, cast.FUJIAN_PATIENT)

    answers = await asyncio.gather(
        *(
            request_fill(
                house.call(patient, str(uuid4())), prescription_id=one, pharmacy_code=cast.FUJIAN_PHARMACY
            )
            for one in ids
        ),
        return_exceptions=True,
    )

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == WANTED - BOXES
    assert {one.code for answer in refused for one in answer.violations} == {Code.STOCK_SHORT}
    item = await item_of()
    assert (item.on_hand, item.held) == (Decimal(BOXES), Decimal(BOXES))
    assert await StockHold.filter(item_id=item.id, ended_at__isnull=True).count() == BOXES
    await check_adds_up([cast.AMLODIPINE], today)
