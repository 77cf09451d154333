"""The year's accumulators (年度累计): what a member used of each benefit, here and elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tortoise.expressions import F, Q

from models import Accumulator, AccumulatorImport, Member, SpecialDiseaseRecord
from models.remembered import rows_of
from policy.benefit import YearUse
from policy.terms import BenefitKind, Role
from services.errors import BadInput, NotFound, check_text
from services.use_case import Work, use_case

AMOUNT_MAX = 100_000_000
"""Yuan of one import (单笔导入金额): more is a mistake, and sums must fit their columns."""

DISEASE_CODE_MAX = 24
"""A pot's name is the benefit and this code."""


async def used_in(
    member_id: UUID, years: Sequence[int], pots: Sequence[str] | None = None
) -> Mapping[tuple[int, str], YearUse]:
    """What a member used (年度累计) by year and pot; of these pots, or of all there are."""
    wanted = [Q(member_id=member_id, year__in=list(years))]
    if pots is not None:
        wanted.append(Q(bucket__in=list(pots)))
    rows = await rows_of(Accumulator, *wanted)
    return {(row.year, row.bucket): YearUse(row.deductible_used, row.fund_used) for row in rows}


def bucket(benefit: BenefitKind, disease_code: str | None) -> str:
    """The pot in which a benefit accumulates (累计口径): one per special disease, one for the rest."""
    if benefit == BenefitKind.SPECIAL_DISEASE:
        return f"{BenefitKind.SPECIAL_DISEASE}:{disease_code}"
    return str(benefit)


async def accumulate(member_id: UUID, year: int, pot: str, deductible: Decimal, fund: Decimal) -> None:
    """Add to the year's accumulator (年度累计), opened when first needed."""
    found = Accumulator.filter(member_id=member_id, year=year, bucket=pot)
    more = {"deductible_used": F("deductible_used") + deductible, "fund_used": F("fund_used") + fund}
    if not await found.update(**more):
        first = Accumulator(member_id=member_id, year=year, bucket=pot)
        await Accumulator.bulk_create([first], ignore_conflicts=True)
        await found.update(**more)


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """What a member used elsewhere (外部累计)."""

    reference: str
    psn_no: str
    year: int
    benefit: BenefitKind
    disease_code: str | None
    deductible_used: Decimal
    fund_used: Decimal


@use_case("importAccumulators", AccumulatorImport)
async def import_accumulators(work: Work, entries: Sequence[ImportEntry]) -> AccumulatorImport:
    """Take over what members of the caller's area used elsewhere (导入外部累计), each reference once."""
    work.call.require("导入外部累计", Role.AGENCY)
    check_imports(entries)
    numbers = {entry.psn_no for entry in entries}
    # the order of settling: members first, by id
    await Member.select_for_update(no_key=True).filter(psn_no__in=list(numbers)).order_by("id")
    last = None
    for entry in sorted(entries, key=lambda entry: (entry.psn_no, entry.reference)):
        last = await import_one(work, entry)
    assert last is not None
    return last


async def import_one(work: Work, entry: ImportEntry) -> AccumulatorImport:
    """Take over one entry; the same reference with other figures is refused."""
    area = work.actor.area or ""
    member = await Member.get_or_none(psn_no=entry.psn_no, area=area)
    if member is None:
        raise NotFound("本统筹区参保人", entry.psn_no)
    await require_pot(member, entry)
    pot = bucket(entry.benefit, entry.disease_code)
    earlier = await AccumulatorImport.get_or_none(area=area, reference=entry.reference)
    if earlier is not None:
        same = (earlier.member_id, earlier.year, earlier.bucket, earlier.deductible_used, earlier.fund_used)
        if same != (member.id, entry.year, pot, entry.deductible_used, entry.fund_used):
            problem = f"来源单号 {entry.reference} 已导入过,但内容不同。更正请用新的单号补差额。"
            raise BadInput("reference", problem)
        return earlier
    await accumulate(member.id, entry.year, pot, entry.deductible_used, entry.fund_used)
    return await AccumulatorImport.create(
        area=area,
        reference=entry.reference,
        member=member,
        year=entry.year,
        bucket=pot,
        deductible_used=entry.deductible_used,
        fund_used=entry.fund_used,
        imported_at=work.now,
    )


async def require_pot(member: Member, entry: ImportEntry) -> None:
    """A special disease the member has on record, or none: nothing is booked where nobody looks."""
    if entry.benefit != BenefitKind.SPECIAL_DISEASE:
        if entry.disease_code:
            raise BadInput("diseaseCode", f"{entry.reference}:{entry.benefit} 不带病种编码。")
        return
    known = SpecialDiseaseRecord.filter(member_id=member.id, disease_code=entry.disease_code or "")
    if not await known.exists():
        problem = f"{entry.reference}:参保人没有病种 {entry.disease_code or '(未填)'} 的备案。"
        raise BadInput("diseaseCode", problem)


def check_imports(entries: Sequence[ImportEntry]) -> None:
    """Refuse figures that make no sense, naming line and field."""
    if not 1 <= len(entries) <= 1000:
        raise BadInput("entries", "一次应有 1 至 1000 条。")
    for number, entry in enumerate(entries, 1):
        where = f"entries[{number}]"
        if not 1 <= len(entry.reference) <= 64:
            raise BadInput(f"{where}.reference", "来源单号应为 1 至 64 个字符。")
        check_text(f"{where}.reference", entry.reference, 64)
        check_text(f"{where}.psnNo", entry.psn_no, 30)
        check_text(f"{where}.diseaseCode", entry.disease_code or "", DISEASE_CODE_MAX)
        for name, amount in (("deductibleUsed", entry.deductible_used), ("fundUsed", entry.fund_used)):
            if not 0 <= amount <= AMOUNT_MAX:
                problem = f"应在 0 至 {AMOUNT_MAX} 之间,收到 {amount}。"
                raise BadInput(f"{where}.{name}", problem)
        if not 2020 <= entry.year <= 2100:
            raise BadInput(f"{where}.year", f"年度应在 2020 至 2100 之间,收到 {entry.year}。")
