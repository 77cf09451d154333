"""Claims for tests that need one and no month to pass."""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from models import ClearingClaim
from policy.terms import ClaimState

ONE = Decimal("1.00")


async def claimed(
    pharmacy: str, area: str, now: datetime, state: ClaimState = ClaimState.SUBMITTED
) -> ClearingClaim:
    """A claim of a month long past, of one yuan of the pooled fund."""
    return await ClearingClaim.create(
        number=uuid4().hex[:30],
        pharmacy_id=pharmacy,
        area=area,
        month=date(2020, 1 + await ClearingClaim.all().count(), 1),
        state=state,
        settlements=1,
        reversals=0,
        total=ONE,
        pooled=ONE,
        further=0,
        account=0,
        submitted_at=now,
        submitted_by="test",
    )
