"""Scalars of our own: exact money and quantities, instants that know their zone."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Money = NewType("Money", Decimal)
Price = NewType("Price", Decimal)
Quantity = NewType("Quantity", Decimal)
Instant = NewType("Instant", datetime)
StockFile = NewType("StockFile", object)
"""A file of stock movements (进销存文件); `api.uploads` says how large it may be."""

FEN = Decimal("0.01")


def bad(text: str) -> GraphQLError:
    """A value that the caller must correct."""
    return GraphQLError(text, extensions={"code": "BAD_USER_INPUT"})


def exact(value: object, places: int, name: str) -> Decimal:
    """An exact decimal of at most so many places, from text or a whole number; never from a float."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    pattern = rf"-?\d{{1,14}}(\.\d{{1,{places}}})?"
    if not isinstance(text, str) or not text.isascii() or not re.fullmatch(pattern, text):
        hint = f'应为字符串形式的十进制数,至多 {places} 位小数,例如 "12.{"5" * min(places, 2)}"'
        raise bad(f"{name} 的值 {shortened(value)} 无效:{hint}。")
    return Decimal(text)


def shortened(value: object) -> str:
    """The caller's value, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def parse_instant(value: object) -> Instant:
    """An instant with its offset; one without a zone is refused, it could be eight hours off."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return Instant(moment.astimezone(UTC))
    # the first and the last hours of the calendar have no instant in UTC
    except (ValueError, OverflowError):
        pass
    hint = "应为带时区的 ISO 8601 时间,例如 2026-03-16T09:30:00+08:00"
    raise bad(f"DateTime 的值 {shortened(value)} 无效:{hint}。")


def show_instant(moment: datetime) -> str:
    """An instant in UTC, to the microsecond where it has them."""
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{moment.isoformat()[:-6]}Z"


def show_money(amount: Decimal) -> str:
    """Two places, always."""
    return str(Decimal(amount).quantize(FEN, ROUND_HALF_UP))


def show_plain(amount: Decimal) -> str:
    """No exponent and no idle zeros."""
    text = str(amount)
    if "E" in text:
        text = f"{Decimal(amount):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


SCALARS: dict[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        description='金额, 元, 字符串, 两位小数, 例如 "12.50"',
        serialize=show_money,
        parse_value=lambda value: Money(exact(value, 2, "Money")),
    ),
    Price: strawberry.scalar(
        name="Price",
        description="单价, 元/包装, 字符串, 至多六位小数",
        serialize=show_plain,
        parse_value=lambda value: Price(exact(value, 6, "Price")),
    ),
    Quantity: strawberry.scalar(
        name="Quantity",
        description="数量, 字符串, 至多四位小数",
        serialize=show_plain,
        parse_value=lambda value: Quantity(exact(value, 4, "Quantity")),
    ),
    Instant: strawberry.scalar(
        name="DateTime",
        description="时刻, ISO 8601, 必须带时区; 返回为 UTC",
        serialize=show_instant,
        parse_value=parse_instant,
    ),
}
