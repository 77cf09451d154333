"""More drugs than the catalogue has (合成药品): for measurements only, and named so."""

from collections.abc import Iterator
from decimal import Decimal

from ops.pinyin import readings
from ops.world import catalogue
from ops.world.catalogue import Drug
from ops.world.ids import stable_id
from ops.world.shelves import is_sold_at_pharmacies
from policy.terms import DrugKind

_CHEAPEST_FEN, _PRICE_STEPS = 300, 9_000


def drugs(total: int | None = None) -> Iterator[Drug]:
    """The catalogue, filled up with synthetic drugs to `total` (药品); never less than the catalogue."""
    real = catalogue.drugs()
    yield from real
    patterns = [drug for drug in real if drug.row.kind is DrugKind.WESTERN and is_sold_at_pharmacies(drug)]
    for number in range(1, (total or 0) - len(real) + 1):
        yield _synthetic(patterns[number % len(patterns)], number)


def _synthetic(pattern: Drug, number: int) -> Drug:
    """A drug like another one in all but name, maker and price."""
    # The letter T is not used by the catalogue, so the codes never meet.
    code = f"{pattern.code[:6]}T{number // 100_000:03d}{pattern.code[10:14]}{number % 100_000:05d}9999"
    amount = Decimal(_CHEAPEST_FEN + number * 7919 % _PRICE_STEPS).scaleb(-2)
    name = f"示例药品{number:05d}{pattern.row.form}"
    row = pattern.row._replace(
        code=code,
        generic_name=name,
        ingredient=f"示例成分{number:05d}",
        manufacturer="示例合成药业",
        approval_number=f"国药准字H9998{number:05d}",
        pinyin=f"SLYP{number:05d}",
        pinyin_readings=readings(name),
        is_vbp=False,
        is_negotiated=False,
    )
    listed = pattern.prices[0]
    price = listed._replace(
        id=stable_id("price", code), drug_id=code, amount=amount, since=listed.since, until=None
    )
    prefix = f"89{number % 100_000:05d}"
    return Drug(
        row=row,
        prices=(price,),
        diseases=pattern.diseases,
        usual_dose=pattern.usual_dose,
        usual_times_per_day=pattern.usual_times_per_day,
        trace_prefix=prefix,
        is_synthetic=True,
    )
