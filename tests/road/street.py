"""A street of pharmacies that are all alike (同样的药店), so that races are between equals."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from models import Agreement, DutyShift, Institution, OpeningHours, Pharmacist, PickupCode, StockItem
from ops.road import Region
from services.actor import Call
from services.pickup import LIFE, plain_code

PLENTY = 100_000
COPIED: tuple[Any, ...] = (Agreement, OpeningHours)


async def build_street(region: Region, count: int) -> list[str]:
    """So many copies of the region's pharmacy: contract, hours, pharmacist, prices, plenty of stock."""
    model = await Institution.get(code=region.pharmacy)
    shop = {name: getattr(model, name) for name in model._meta.db_fields if name != "code"}
    codes = [f"{region.pharmacy[:7]}{77_000 + number}" for number in range(count)]
    await Institution.bulk_create(Institution(code=code, **shop) for code in codes)
    for kind in COPIED:
        rows = await kind.filter(institution_id=region.pharmacy)
        columns = [name for name in kind._meta.db_fields if name not in ("id", "institution_id")]
        copies = [
            kind(institution_id=code, **{name: getattr(row, name) for name in columns})
            for code in codes
            for row in rows
        ]
        await kind.bulk_create(copies)
    await staff(region, codes)
    shelf = await StockItem.filter(pharmacy_id=region.pharmacy)
    await StockItem.bulk_create(
        StockItem(pharmacy_id=code, drug_id=item.drug_id, price=item.price, on_hand=PLENTY, sellable=PLENTY)
        for code in codes
        for item in shelf
    )
    return codes


async def staff(region: Region, codes: Sequence[str]) -> None:
    """A pharmacist on duty in each pharmacy."""
    pharmacist = await Pharmacist.get(code=region.pharmacist)
    shifts = await DutyShift.filter(pharmacist_id=region.pharmacist)
    await Pharmacist.bulk_create(
        Pharmacist(code=f"HY{code[1:]}1", institution_id=code, name="示例药师", since=pharmacist.since)
        for code in codes
    )
    await DutyShift.bulk_create(
        DutyShift(
            pharmacist_id=f"HY{code[1:]}1",
            institution_id=code,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
        )
        for code in codes
        for shift in shifts
    )


async def print_codes(call: Call, prescription_id: str, shown_by: UUID, count: int) -> list[str]:
    """So many pick-up codes of one prescription, all valid at once, as several phones would show them."""
    keys = call.tools.keys
    ids = [uuid4() for _ in range(count)]
    await PickupCode.bulk_create(
        PickupCode(
            id=key,
            prescription_id=prescription_id,
            shown_by_id=shown_by,
            code_hash=keys.lookup_hash(plain_code(key, keys)),
            expires_at=call.now + LIFE,
        )
        for key in ids
    )
    return [plain_code(key, keys) for key in ids]
