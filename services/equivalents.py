"""Drugs that may stand for others (同通用名药品): looked up in the catalogue, judged by the rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from models import Drug, Prescription, PrescriptionLine
from policy.calendar import shanghai_day
from policy.equivalents import Product, SubstituteLine, check_substitutes, is_equivalent
from policy.identifiers import is_drug_code
from policy.preference import Choice
from policy.violation import Violation
from services import facts
from services.errors import BadInput, NotFound

EQUIVALENTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Substitute:
    """A line and the drug that shall be sold for it (改配药品)."""

    line_id: UUID
    drug_code: str


def check_asked(substitutes: Sequence[Substitute], lines: Sequence[PrescriptionLine]) -> None:
    """Refuse substitutes for lines that are not asked for, and codes that are none."""
    if len({one.line_id for one in substitutes}) != len(substitutes):
        raise BadInput("substitutes", "一条处方明细只能改配一种药品。")
    asked = {line.id for line in lines}
    for number, one in enumerate(substitutes, 1):
        if one.line_id not in asked:
            raise BadInput(f"substitutes[{number}].lineId", f"{one.line_id} 不在本次申请的处方明细中。")
        if not is_drug_code(one.drug_code):
            raise BadInput(f"substitutes[{number}].drugCode", f"{one.drug_code!r} 不是医保药品编码。")


def sold(lines: Sequence[PrescriptionLine], substitutes: Sequence[Substitute]) -> dict[UUID, str]:
    """The drug that is sold for each line: the prescribed one unless another was chosen (实配药品)."""
    check_asked(substitutes, lines)
    return {line.id: line.drug_id for line in lines} | {one.line_id: one.drug_code for one in substitutes}


async def why_not(
    prescription: Prescription, lines: Sequence[PrescriptionLine], codes: dict[UUID, str], now: datetime
) -> list[Violation]:
    """Everything that forbids selling these drugs for these lines (不能代替的理由)."""
    other = [line for line in lines if codes[line.id] != line.drug_id]
    if not other:
        return []
    known = await facts.drugs_by_code(code for line in other for code in (line.drug_id, codes[line.id]))
    if unknown := sorted({codes[line.id] for line in other} - known.keys()):
        raise NotFound("药品", unknown[0])
    found = await products(known.values(), prescription.area, shanghai_day(now))
    return check_substitutes(
        [
            SubstituteLine(str(line.id), line.allows_equivalent, found[line.drug_id], found[codes[line.id]])
            for line in other
        ],
        prescription.disease_code,
    )


async def equivalents(
    prescription: Prescription, lines: Sequence[PrescriptionLine], now: datetime
) -> dict[UUID, tuple[Choice, ...]]:
    """What may be sold for each line whose producer is open (可代替药品); nothing for the others."""
    open_lines = [line for line in lines if line.allows_equivalent]
    if not open_lines:
        return {}
    own = await facts.drugs_by_code(line.drug_id for line in open_lines)
    known = {drug.code: drug for drug in await alike(list(own.values()))}
    judged = await products(known.values(), prescription.area, shanghai_day(now))
    return {
        line.id: choices(
            known[code]
            for code, product in judged.items()
            if code != line.drug_id
            and is_equivalent(judged[line.drug_id], product, prescription.disease_code)
        )
        for line in open_lines
    }


async def products(drugs: Iterable[Drug], area: str, day: date) -> dict[str, Product]:
    """Drugs as the rules on equivalents see them, by code."""
    known = {drug.code: drug for drug in drugs}
    scope = await facts.diseases_by_drug(known)
    prices = await facts.prices_by_drug(known, area)
    return {
        code: Product(
            code=code,
            generic_name=drug.generic_name,
            form=drug.form,
            spec=drug.spec,
            units_per_package=drug.units_per_package,
            kind=drug.kind,
            restriction=drug.restriction,
            is_insulin=drug.is_insulin,
            is_consumable=drug.is_consumable,
            list_class=drug.list_class,
            min_tier=drug.min_tier,
            is_listed=facts.is_listed(prices.get(code, ()), area, day),
            diseases=frozenset(scope.get(code, ())),
        )
        for code, drug in known.items()
    }


async def alike(drugs: Sequence[Drug]) -> list[Drug]:
    """Every drug with the name, form and size of one of these (同通用名同剂型同规格), these included."""
    condition = Q(*(Q(**likeness(drug)) for drug in drugs), join_type=Q.OR)
    return await Drug.filter(condition).order_by("code")


def likeness(drug: Drug) -> dict[str, Any]:
    """What two equivalents share; a package is as large as the other."""
    return {
        "generic_name": drug.generic_name,
        "form": drug.form,
        "spec": drug.spec,
        "units_per_package": drug.units_per_package,
    }


def choices(drugs: Iterable[Drug]) -> tuple[Choice, ...]:
    """Drugs to choose from; of very many the awarded and the essential ones stay."""
    ranked = sorted(drugs, key=lambda drug: (not drug.is_vbp, not drug.is_essential, drug.code))
    return tuple(Choice(drug.code, drug.is_essential, drug.is_vbp, None) for drug in ranked[:EQUIVALENTS_MAX])
