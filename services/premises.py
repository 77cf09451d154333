"""Opening hours and the pharmacists' roster (营业时间、在岗排班)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import DutyShift, Institution, OpeningHours, Pharmacist
from services.errors import BadInput, NotFound
from services.stock import counter
from services.use_case import Work, use_case


@dataclass(frozen=True, slots=True)
class Span:
    """One opening span (营业时段), minutes since midnight; weekday 0 is Monday."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One span of duty (在岗时段)."""

    pharmacist_code: str
    starts_at: datetime
    ends_at: datetime


@use_case("setOpeningHours", Institution)
async def set_opening_hours(work: Work, spans: Sequence[Span]) -> Institution:
    """Replace a pharmacy's opening hours (设置营业时间)."""
    pharmacy = await locked_counter(work, "设置营业时间")
    check_spans(spans)
    await OpeningHours.filter(institution_id=pharmacy.code).delete()
    await OpeningHours.bulk_create(
        OpeningHours(institution=pharmacy, weekday=span.weekday, opens=span.opens, closes=span.closes)
        for span in spans
    )
    return pharmacy


@use_case("setDutyRoster", Institution)
async def set_duty_roster(work: Work, shifts: Sequence[Shift]) -> Institution:
    """Replace the roster from now on (设置药师排班, FJ-2.2); what has begun stays on record."""
    pharmacy = await locked_counter(work, "设置药师排班")
    if len(shifts) > 500:
        raise BadInput("shifts", "一次至多 500 条排班。")
    staff = {row.code for row in await Pharmacist.filter(institution_id=pharmacy.code)}
    for number, shift in enumerate(shifts, 1):
        where = f"shifts[{number}]"
        if shift.pharmacist_code not in staff:
            raise NotFound("本药店执业药师", shift.pharmacist_code)
        if not timedelta() < shift.ends_at - shift.starts_at <= timedelta(hours=24):
            raise BadInput(where, "离岗时间应晚于到岗时间,且一班不超过 24 小时。")
        if shift.ends_at <= work.now:
            raise BadInput(where, "不能登记已经过去的排班。")
    await DutyShift.filter(institution_id=pharmacy.code, starts_at__gt=work.now).delete()
    await DutyShift.filter(institution_id=pharmacy.code, ends_at__gt=work.now).update(ends_at=work.now)
    await DutyShift.bulk_create(
        DutyShift(
            pharmacist_id=shift.pharmacist_code,
            institution=pharmacy,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
        )
        for shift in shifts
    )
    return pharmacy


async def locked_counter(work: Work, what: str) -> Institution:
    """The caller's own pharmacy, locked: of two plans at once the later one stays, whole."""
    pharmacy = await counter(work, what)
    return await Institution.select_for_update(no_key=True).get(code=pharmacy.code)


def check_spans(spans: Sequence[Span]) -> None:
    """Refuse spans that are no spans, or that overlap."""
    if len(spans) > 28:
        raise BadInput("spans", "每天至多 4 段营业时间。")
    for number, span in enumerate(spans, 1):
        if not (0 <= span.weekday <= 6 and 0 <= span.opens < span.closes <= 1440):
            problem = "星期应为 0(星期一)至 6,开门早于关门,均为当日分钟数(0 至 1440)。"
            raise BadInput(f"spans[{number}]", problem)
    ordered = sorted(spans, key=lambda span: (span.weekday, span.opens))
    for earlier, later in itertools.pairwise(ordered):
        if earlier.weekday == later.weekday and later.opens < earlier.closes:
            raise BadInput("spans", f"星期 {later.weekday} 的营业时间有重叠。")
