"""From rows of the search to answers (可供情况): offers line by line, and what the patient would pay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import Institution, PrescriptionLine
from models.filling import row_in
from policy.benefit import Statement
from policy.money import ZERO, fen
from policy.preference import rank, shown_first
from services import benefit
from services.nearby_search import Want


@dataclass(frozen=True, slots=True)
class Offer:
    """What a pharmacy has of one wanted drug (可供情况), as of `as_of`.

    `number` says which of the wanted drugs; of the offers for one, the counted one is in the total.
    """

    number: int
    line_id: UUID | None
    drug_code: str
    wanted: Decimal
    available: Decimal
    price: Decimal | None
    moved_at: datetime | None
    as_of: datetime | None
    stands_for: str | None = None
    is_counted: bool = False

    @property
    def suffices(self) -> bool:
        """Whether the whole quantity is there, with a price."""
        return self.price is not None and self.available >= self.wanted

    @property
    def cost(self) -> Decimal:
        """What the whole quantity costs (金额)."""
        return fen((self.price or ZERO) * self.wanted)


@dataclass(frozen=True, slots=True)
class NearbyPharmacy:
    """One pharmacy of the answer (附近药店)."""

    code: str
    pharmacy: Institution
    distance: float
    away: float
    is_stale: bool
    heard_at: datetime | None
    offers: Sequence[Offer]
    fills_all: bool
    is_open: bool
    pharmacist_on_duty: bool
    total: Decimal | None
    estimate: Statement | None


class Estimator:
    """What the patient would pay (个人负担估算): the same drugs at the same prices are computed once."""

    def __init__(
        self,
        case: benefit.Case | None,
        lines: Sequence[PrescriptionLine],
        account: Decimal,
        on: date,
    ) -> None:
        self.case, self.lines, self.on = case, {line.id: line for line in lines}, on
        self.purse = benefit.Purse(use_account=True, account=account)
        self.known: dict[tuple[object, ...], Statement] = {}

    def order(self, pharmacy: Institution) -> tuple[str, ...]:
        """Which equivalents are shown first (SX-18): as the prescription's area says, or the pharmacy's."""
        return shown_first(self.case.prescription.area if self.case else pharmacy.area, self.on)

    def of(self, offers: Sequence[Offer], pharmacy: Institution) -> Statement | None:
        """The statement of the lines that this pharmacy has in full."""
        priced = [
            benefit.PricedLine(self.lines[offer.line_id], offer.price, offer.drug_code)
            for offer in offers
            if offer.is_counted and offer.price is not None and offer.line_id is not None
        ]
        if self.case is None or not priced:
            return None
        key = (pharmacy.area, *((one.line.id, one.drug_code, one.price) for one in priced))
        if key not in self.known:
            self.known[key] = benefit.statement(self.case, priced, self.purse, pharmacy)
        return self.known[key]


def build_all(
    rows: Sequence[dict[str, Any]], wants: Sequence[Want], estimator: Estimator
) -> list[NearbyPharmacy]:
    """Rows of the search as answers (查询结果)."""
    return [build(row, wants, estimator, row_in(Institution, row)) for row in rows]


def build(
    row: dict[str, Any], wants: Sequence[Want], estimator: Estimator, pharmacy: Institution
) -> NearbyPharmacy:
    """One row of the search as an answer."""
    offers = counted(offers_of(row, wants, estimator.order(pharmacy)))
    estimate = estimator.of(offers, pharmacy)
    return NearbyPharmacy(
        code=row["code"],
        pharmacy=pharmacy,
        distance=row["distance"],
        away=row["away"],
        is_stale=row["is_stale"],
        heard_at=row["heard_at"],
        offers=offers,
        fills_all=bool(wants) and row["full_lines"] == len(wants),
        is_open=row["is_open"],
        pharmacist_on_duty=row["on_duty"],
        total=estimate.medfee_sumamt if estimate else total_of(offers),
        estimate=estimate,
    )


def offers_of(row: dict[str, Any], wants: Sequence[Want], order: Sequence[str]) -> list[Offer]:
    """The offers (可供情况), line by line: the drug itself, then equivalents, the preferred first (SX-18)."""
    columns = ("codes", "available", "prices", "moved")
    found = {
        (number, code): values
        for number, code, *values in zip(
            row["numbers"] or (), *(row[column] or () for column in columns), strict=True
        )
    }
    offers = []
    for number, want in enumerate(wants):
        had = [
            replace(choice, price=found[number, choice.code][1])
            for choice in want.equivalents
            if (number, choice.code) in found
        ]
        had.sort(key=lambda choice: (rank(choice, order), choice.code))
        for code in (want.drug_code, *(choice.code for choice in had)):
            available, price, moved = found.get((number, code), (ZERO, None, None))
            offers.append(
                Offer(
                    number=number,
                    line_id=want.line_id,
                    drug_code=code,
                    wanted=want.quantity,
                    available=available,
                    price=price,
                    moved_at=moved,
                    as_of=latest(moved, row["heard_at"]),
                    stands_for=None if code == want.drug_code else want.drug_code,
                )
            )
    return offers


def counted(offers: Sequence[Offer]) -> list[Offer]:
    """The offers, of those that suffice for one wanted drug the cheapest counted (计入总价)."""
    best: dict[int, Offer] = {}
    for offer in offers:
        if offer.suffices and (offer.number not in best or offer.cost < best[offer.number].cost):
            best[offer.number] = offer
    return [replace(offer, is_counted=offer is best.get(offer.number)) for offer in offers]


def latest(moved_at: datetime | None, heard_at: datetime | None) -> datetime | None:
    """When the pharmacy last said so (数据时点): by a movement of the drug, or by being heard at all."""
    return max((at for at in (moved_at, heard_at) if at is not None), default=None)


def total_of(offers: Sequence[Offer]) -> Decimal | None:
    """What everything that is there in full costs, each wanted drug at its cheapest (总价)."""
    costs = [offer.cost for offer in offers if offer.is_counted]
    return sum(costs, ZERO) if costs else None
