"""What makes a pharmacy a matter for the agency (监管): accounts that are off, false stock, complaints."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from policy.money import ZERO, fen
from policy.parameter import Parameter
from policy.parameters import parameter
from policy.rule import broken
from policy.violation import Code, Violation


class ComplaintKind(StrEnum):
    """What a complaint is about (投诉类型)."""

    FALSE_STOCK = "FALSE_STOCK"
    PRICE = "PRICE"
    SERVICE = "SERVICE"


@dataclass(frozen=True, slots=True)
class DrugFlow:
    """What came and went of one drug in a period (购销存), in packages.

    `price` values every term alike: the average sale price of the period, else the shelf's price, else
    the last purchase's. `settled` is what the insurance knows as sold; `recorded_insured` what the ledger
    says was sold for it, part of `sold`.
    """

    drug_code: str
    price: Decimal
    opening: Decimal
    purchased: Decimal
    returned: Decimal
    transferred: Decimal
    adjusted: Decimal
    sold: Decimal
    recorded_insured: Decimal
    settled: Decimal
    closing: Decimal

    @property
    def supply(self) -> Decimal:
        """What there was to account for (应有): opening, bought, less returned, moved in or out, adjusted."""
        return self.opening + self.purchased - self.returned + self.transferred + self.adjusted

    @property
    def expected(self) -> Decimal:
        """What must have been sold for the count to be right (应销)."""
        return self.supply - self.closing

    @property
    def actual(self) -> Decimal:
        """What was sold (实销): settled with the insurance, and the other sales on record."""
        return self.sold - self.recorded_insured + self.settled

    @property
    def difference(self) -> Decimal:
        """How far the records are off (差额): above zero, boxes are missing."""
        return self.expected - self.actual

    def value(self, quantity: Decimal) -> Decimal:
        """A quantity in money (金额), at the drug's one price."""
        return fen(quantity * self.price)


@dataclass(frozen=True, slots=True)
class Balance:
    """A pharmacy's stock account in money (购销存核对, FJ-9.5): sums of its drugs' values."""

    flows: Sequence[DrugFlow]
    supply: Decimal
    expected: Decimal
    actual: Decimal
    difference: Decimal

    @property
    def ratio(self) -> Decimal:
        """The share of the value that is off (不符率): drugs' differences never make up for each other."""
        if self.supply > 0:
            return self.difference / self.supply
        return Decimal(1) if self.difference else Decimal(0)


def balance(flows: Iterable[DrugFlow]) -> Balance:
    """The account of these drugs by value (按资金额计算, FJ-2.5, FJ-9.5)."""
    rows = tuple(flows)
    return Balance(
        flows=rows,
        supply=sum((row.value(row.supply) for row in rows), ZERO),
        expected=sum((row.value(row.expected) for row in rows), ZERO),
        actual=sum((row.value(row.actual) for row in rows), ZERO),
        difference=sum((row.value(abs(row.difference)) for row in rows), ZERO),
    )


def mismatch_limit(area: str, on: date) -> Parameter:
    """The share from which on records count as false (不符率上限); `ParameterNotFound` where none is set."""
    return parameter("stock_mismatch_limit", area, on=on)


def is_mismatch(found: Balance, area: str, on: date) -> bool:
    """Whether the records differ from the facts by the limit or more (购销存不符, FJ-9.5)."""
    return found.ratio >= mismatch_limit(area, on).amount


@dataclass(frozen=True, slots=True)
class ExitGround:
    """A ground on which the agreement is to end (退出情形): what was found and what follows from it."""

    count: int
    limit: int
    since: date
    text: str


def proofs_since(area: str, on: date) -> date:
    """From which day on proven cases are counted (计数期间): the article names none, we take the year."""
    period = parameter("false_stock_period", area, on=on).text
    if period != "CALENDAR_YEAR":
        raise ValueError(f"'false_stock_period' of {area} is {period!r}, which nobody can count.")
    return on.replace(month=1, day=1)


def false_stock_exit(area: str, on: date, proven: Sequence[date]) -> ExitGround | None:
    """The ground to end an agreement for false stock (FJ-9.5), from the limit on; None below it."""
    limit = parameter("false_stock_limit", area, on=on)
    since = proofs_since(area, on)
    count = sum(since <= day <= on for day in proven)
    if count < limit.count:
        return None
    text = (
        f"「药品查询」提示有药而实际不能提供,{since.isoformat()} 以来已查实 {count} 次,"
        f"规定为 {limit.count} 次及以上({limit.basis})。{consequence(area, on)}"
    )
    return ExitGround(count, limit.count, since, text)


def consequence(area: str, on: date) -> str:
    """What the article says follows (退出机制); nothing follows by itself."""
    barred = parameter("barred_years", area, on=on)
    return (
        f"依规定解除药店门诊统筹协议,{barred.count} 年内不再纳入({barred.basis})。"
        "是否解除由经办机构核实后决定,系统不自动处理。"
    )


def check_complaint(area: str, on: date, filed_today: int) -> list[Violation]:
    """Whether one more complaint about this pharmacy is taken today (投诉受理, FJ-9.4)."""
    limit = parameter("complaint_limit", area, on=on)
    if filed_today < limit.count:
        return []
    text = f"今天对该药店已投诉 {filed_today} 次,每天至多 {limit.count} 次。请明天再提交,或致电医保经办机构。"
    return [
        broken(
            Code.COMPLAINTS_TOO_MANY,
            limit.rule,
            text,
            basis=limit.basis,
            limit=str(limit.count),
            actual=str(filed_today),
        )
    ]
