"""Which of several equivalent drugs comes first (优先使用次序)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policy.parameters import ParameterNotFound, parameter

ESSENTIAL, AWARDED, CHEAP = "ESSENTIAL", "AWARDED", "CHEAP"
SHOWN_FIRST = (AWARDED, ESSENTIAL)
"""How drugs are shown where no area has an order of its own (默认展示次序): our choice, no regulation's."""

UNPRICED = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Choice:
    """A drug among its equivalents (同类可选药品); `price` is None where it is not known."""

    code: str
    is_essential: bool
    is_awarded: bool
    price: Decimal | None


def preferred_first(choices: Iterable[Choice], area: str, on: date) -> list[Choice]:
    """The drugs in the order in which the area wants them used (优先使用, SX-18).

    Essential drugs, awarded drugs, cheap ones; where no order is set, the order stays as it is.
    """
    words = parameter("drug_preference", area, on=on).words
    return sorted(choices, key=lambda choice: rank(choice, words))


def shown_first(area: str | None, on: date) -> tuple[str, ...]:
    """In which order drugs are shown to people of this area (展示次序, SX-18), or by default."""
    if area is None:
        return SHOWN_FIRST
    try:
        return tuple(parameter("drug_preference", area, on=on).words) or SHOWN_FIRST
    except ParameterNotFound:
        return SHOWN_FIRST


def rank(choice: Choice, words: Sequence[str]) -> tuple[Decimal, ...]:
    """Where a drug stands by these words (次序): the lower, the sooner."""
    price = UNPRICED if choice.price is None else choice.price
    ranks = {
        ESSENTIAL: Decimal(not choice.is_essential),
        AWARDED: Decimal(not choice.is_awarded),
        CHEAP: price,
    }
    return tuple(ranks[word] for word in words)


def better(own: Choice, others: Iterable[Choice], area: str, on: date) -> Choice | None:
    """The drug that the area would rather see used than this one (应优先使用的药品), if there is any.

    Where the own price is not known, no drug is better for being cheap.
    """
    words = parameter("drug_preference", area, on=on).words
    if own.price is None:
        words = tuple(word for word in words if word != CHEAP)
    ahead = [other for other in others if rank(other, words) < rank(own, words)]
    return min(ahead, key=lambda other: rank(other, words), default=None)
