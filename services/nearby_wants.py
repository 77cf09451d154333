"""What is looked for (所需药品): drugs by code or by prescription, and equivalents where wished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tortoise.expressions import Q

from models import Drug, Prescription, PrescriptionLine
from models.remembered import rows_of
from policy.identifiers import is_drug_code
from policy.preference import Choice
from services.equivalents import alike, choices, likeness
from services.equivalents import equivalents as equivalents_of
from services.errors import BadInput, NotFound
from services.nearby_search import Want

DRUGS_MAX = 20
QUANTITY_MAX = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A drug asked for by its code (所询药品), and how many packages."""

    drug_code: str
    quantity: Decimal = Decimal(1)


def check_asked(drugs: Sequence[Asked]) -> None:
    """Refuse codes and quantities that are none."""
    if len(drugs) > DRUGS_MAX:
        raise BadInput("drugs", f"一次至多 {DRUGS_MAX} 种药品,收到 {len(drugs)} 种。")
    if len({asked.drug_code for asked in drugs}) != len(drugs):
        raise BadInput("drugs", "药品编码不能重复。")
    for number, asked in enumerate(drugs, 1):
        if not is_drug_code(asked.drug_code):
            raise BadInput(f"drugs[{number}].drugCode", f"{asked.drug_code!r} 不是医保药品编码。")
        if not 0 < asked.quantity <= QUANTITY_MAX:
            problem = f"应大于 0 且不超过 {QUANTITY_MAX},收到 {asked.quantity}。"
            raise BadInput(f"drugs[{number}].quantity", problem)


async def wants_of_drugs(drugs: Sequence[Asked], *, equivalents: bool) -> list[Want]:
    """The drugs asked for; `equivalents` adds those of the same generic name, form and specification."""
    check_asked(drugs)
    known = {row.code: row for row in await rows_of(Drug, Q(code__in=[asked.drug_code for asked in drugs]))}
    for asked in drugs:
        if asked.drug_code not in known:
            raise NotFound("药品", asked.drug_code)
    others = await alike(list(known.values())) if equivalents and known else []
    return [
        Want(None, asked.drug_code, asked.quantity, others_like(known[asked.drug_code], others))
        for asked in drugs
    ]


def others_like(drug: Drug, others: Sequence[Drug]) -> tuple[Choice, ...]:
    """The equivalents of one drug."""
    return choices(other for other in others if other.code != drug.code and likeness(other) == likeness(drug))


async def wants_of_lines(
    prescription: Prescription, lines: Sequence[PrescriptionLine], now: datetime, *, equivalents: bool
) -> list[Want]:
    """The drugs of open lines; with equivalents where the prescriber left the producer open (YL-30)."""
    others = await equivalents_of(prescription, lines, now) if equivalents else {}
    return [Want(line.id, line.drug_id, line.quantity, others.get(line.id, ())) for line in lines]
