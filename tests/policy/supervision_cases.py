"""What the rules of supervision answer to a case told in TOML."""

from datetime import date
from decimal import Decimal

from policy.price_watch import PriceAlert, is_due_soon, price_alert
from policy.supervision import Balance, DrugFlow, ExitGround, balance, check_complaint, false_stock_exit
from policy.violation import Violation
from tests.policy.case_files import Case, published

TERMS = (
    "opening",
    "purchased",
    "returned",
    "transferred",
    "adjusted",
    "sold",
    "recorded_insured",
    "settled",
    "closing",
)


def flow(number: int, told: dict[str, str]) -> DrugFlow:
    """One drug's flow; what is not told is nothing, and a package costs one yuan."""
    terms = {term: Decimal(told.get(term, 0)) for term in TERMS}
    return DrugFlow(drug_code=str(number), price=Decimal(told.get("price", 1)), **terms)


def account(case: Case) -> Balance:
    """The account of a case's flows."""
    return balance(flow(number, told) for number, told in enumerate(case.told["flows"]))


def ground(case: Case) -> ExitGround | None:
    """The ground to leave that a case's proofs give."""
    return false_stock_exit(case.area, case.day, case.told["proven"])


def complaint(case: Case) -> list[Violation]:
    """What one more complaint is told."""
    return check_complaint(case.area, case.day, case.told["filed"])


def alert(case: Case) -> PriceAlert | None:
    """What is wrong with a case's sale price."""
    joined = case.told.get("joined_vbp", False)
    return price_alert(Decimal(case.told["price"]), published(case), case.area, case.day, joined_vbp=joined)


def due_soon(case: Case, found: PriceAlert) -> bool:
    """Whether the pharmacy is warned on the case's day."""
    return is_due_soon(found, case.area, case.day)


def shown(found: PriceAlert) -> dict[str, str | date]:
    """An alert as cases tell it."""
    told: dict[str, str | date] = {
        "kind": found.kind.value,
        "ceiling": str(found.ceiling.amount),
        "rule": found.ceiling.rule,
    }
    return told | ({"last_day": found.last_day} if found.last_day else {})
