"""A payment for tests that ask who sees one."""

from uuid import uuid4

from models import Payment
from ops.road import FUJIAN
from ops.world.ids import member_id
from policy.terms import PaymentState
from tests.house import House


async def a_payment(house: House, fill_id: str) -> str:
    """A payment of a fill, that nobody has paid."""
    row = await Payment.create(
        number=uuid4().hex,
        provider="nobody",
        fill_id=fill_id,
        member_id=member_id(FUJIAN.patient),
        pharmacy_id=FUJIAN.pharmacy,
        state=PaymentState.CREATED,
        amount=1,
        created_at=house.now(),
        created_by="test",
        due_at=house.now(),
        look_at=house.now(),
    )
    return str(row.id)
