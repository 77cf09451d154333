"""Finding drugs by what people type (药品检索): the name, its pinyin, the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models import Drug, Institution, Member
from models.replica import searched_rows
from policy.calendar import shanghai_day
from policy.identifiers import is_adcode, pooling_area, province
from policy.preference import AWARDED, CHEAP, ESSENTIAL, shown_first
from services.actor import Actor, Call
from services.errors import BadInput

LONGEST = 60

RANKS = {
    ESSENTIAL: "(NOT d.is_essential)::int::numeric",
    AWARDED: "(NOT d.is_vbp)::int::numeric",
    CHEAP: """coalesce((SELECT min(p.amount) FROM drug_price p WHERE p.drug_id = d.code AND p.area = ANY($3)
        AND p.kind <> 'PAYMENT_STANDARD' AND p.since <= $4 AND (p.until IS NULL OR p.until >= $4)
        ) / d.units_per_package, 999999999)""",
}
"""What each word of an order compares; cheap is the smallest unit's published price where people are."""

FOUND = """
SELECT d.code, {ranks} FROM drug d
WHERE (position($1::text IN d.generic_name) > 0 OR ($2::text <> '' AND (starts_with(d.code, $2)
       OR starts_with(d.pinyin, $2) OR position(' ' || $2 IN ' ' || d.pinyin_readings) > 0)))
  AND $3::text[] IS NOT NULL AND $4::date IS NOT NULL
"""

PAGE = "SELECT * FROM ({found}) AS found {behind} ORDER BY one, two, three, code LIMIT $5"
BEHIND = "WHERE (one, two, three, code) > ($6::numeric, $7::numeric, $8::numeric, $9::text)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drug stands in an answer (次序): by the order's words, then by code."""

    order: tuple[str, ...]
    ranks: tuple[Decimal, Decimal, Decimal]
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """A drug of the answer and its place."""

    drug: Drug
    place: Place


async def search_drugs(
    call: Call, text: str, area: str | None, first: int, after: Place | None
) -> tuple[Sequence[Found], bool]:
    """Drugs whose name contains the text, or whose pinyin or code begins with it (药品检索).

    In the order that the area wants drugs used (SX-18): the one given, or else the caller's own; where
    none is set, awarded drugs (集采中选) first, then essential ones. By code within each.
    """
    wanted = text.strip()
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable():
        raise BadInput("search", f"请给出 1 至 {LONGEST} 个字符:药品名称的一部分,或拼音、编码的开头。")
    if area is not None and not is_adcode(area):
        raise BadInput("area", f"{area!r} 不是行政区划代码:应为六位数字,如 140100。")
    home = area or await area_of(call.actor)
    day = shanghai_day(call.now)
    order = shown_first(home, day)
    if after is not None and after.order != order:
        raise BadInput("after", "游标属于另一种排序(地区或日期已变),请从第一页重新检索。")
    reach = [home, pooling_area(home), province(home)] if home else []
    rows = await page(order, wanted, reach, day, first + 1, after)
    drugs = {drug.code: drug for drug in await Drug.filter(code__in=[place.code for place in rows])}
    # a replica may still show what the primary has dropped
    shown = [Found(drugs[place.code], place) for place in rows[:first] if place.code in drugs]
    return shown, len(rows) > first


async def page(
    order: tuple[str, ...], wanted: str, reach: Sequence[str], day: date, limit: int, after: Place | None
) -> list[Place]:
    """The next places of the answer."""
    ranks = [RANKS[word] for word in order] + ["0::numeric"] * (len(RANKS) - len(order))
    named = zip(ranks, ("one", "two", "three"), strict=True)
    found = FOUND.format(ranks=", ".join(f"{rank} AS {name}" for rank, name in named))
    typed = "".join(wanted.split()).upper() if wanted.isascii() else ""
    values: list[object] = [wanted, typed, list(reach), day, limit]
    if after is not None:
        values += [*after.ranks, after.code]
    statement = PAGE.format(found=found, behind=BEHIND if after else "")
    rows = await searched_rows(statement, values)
    return [Place(order, (row["one"], row["two"], row["three"]), row["code"]) for row in rows]


async def area_of(actor: Actor) -> str | None:
    """Where the caller is (所在统筹区): the agency's, the institution's, the member's; else nowhere."""
    if actor.area is not None:
        return actor.area
    if actor.institution is not None:
        institution = await Institution.get_or_none(code=actor.institution)
        return institution.area if institution else None
    member = await Member.get_or_none(id=actor.member_id) if actor.member_id else None
    return member.area if member else None
