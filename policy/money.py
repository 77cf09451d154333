"""Money in yuan: exact decimals, rounded to the fen where an amount is fixed."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
FEN = Decimal("0.01")


def fen(amount: Decimal) -> Decimal:
    """An amount rounded to the fen (分), half up."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)
