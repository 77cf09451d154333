"""Reading a guide (指南): its GraphQL blocks, and what the comments before each one say about it.

A block is a ```graphql fence; the ```json fence after it holds its variables. An HTML comment before a block
gives orders, which nobody sees who reads the page:

    <!-- as: HOSPITAL H35010200001 -->          who sends this block and all after it
    <!-- meanwhile: the patient asks -->        others act first: a function of `tests/docs/meanwhile.py`
    <!-- keep: fill = requestFill.id -->        remember part of the answer; variables say "{{fill}}"
    <!-- again -->                              send it once more: the answer must be the same
    <!-- expect: refusal LINE_HELD_BY_YOU -->   the answer must be this refusal
    <!-- expect: error FORBIDDEN -->            the answer must be this error
    <!-- event: FILL_REQUESTED -->              a subscription must bring this event
    <!-- upload: live, card -->                 these files of the input are sent with the block
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
GUIDES = PROJECT / "docs" / "guides"

PIECE = re.compile(r"^<!--\s*(?P<order>.*?)\s*-->$|^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
ORDERS = {"as", "meanwhile", "keep", "again", "expect", "event", "upload"}
HOLE = re.compile(r'"\{\{(\w+)\}\}"')


class GuideError(Exception):
    """A guide that cannot be followed; the message says where and why."""


@dataclass
class Block:
    """One GraphQL block of a guide (示例)."""

    place: str
    document: str
    orders: list[tuple[str, str]]
    variables: str = "{}"

    def all(self, name: str) -> list[str]:
        """What every order of that name says."""
        return [said for order, said in self.orders if order == name]

    def one(self, name: str) -> str | None:
        """What the one order of that name says, if it is given."""
        found = self.all(name)
        return found[0] if found else None


@dataclass
class Kept:
    """What was kept of earlier answers (已记下的值)."""

    values: dict[str, Any] = field(default_factory=dict)

    def keep(self, order: str, data: dict[str, Any]) -> None:
        """Remember `name = path` of an answer."""
        name, _, path = (part.strip() for part in order.partition("="))
        value: Any = data
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
        self.values[name] = value

    def fill_in(self, variables: str) -> dict[str, Any]:
        """The variables of a block with the kept values put in."""
        filled: dict[str, Any] = json.loads(HOLE.sub(lambda hole: self._json(hole[1]), variables))
        return filled

    def _json(self, name: str) -> str:
        if name not in self.values:
            raise GuideError(f"Nothing was kept under {name!r}: add <!-- keep: {name} = … --> before.")
        return json.dumps(self.values[name])


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of a guide in order, each with its orders and variables."""
    text = path.read_text(encoding="utf-8")
    orders: list[tuple[str, str]] = []
    block: Block | None = None
    for found in PIECE.finditer(text):
        place = f"{path.name}:{text.count(chr(10), 0, found.start()) + 1}"
        if found["order"] is not None:
            orders.append(order_of(found["order"], place))
        elif found["kind"] == "graphql":
            if block is not None:
                yield block
            block, orders = Block(place, found["text"], orders), []
        elif found["kind"] == "json" and block is not None and not orders:
            block.variables = found["text"]
            yield block
            block = None
    if block is not None:
        yield block


def count_fences(path: Path) -> int:
    """How many GraphQL fences a page has, whether they can be read or not."""
    return len(re.findall("^ *```graphql", path.read_text(encoding="utf-8"), re.M))


def order_of(comment: str, place: str) -> tuple[str, str]:
    """An order's name and what it says."""
    name, _, said = comment.partition(":")
    if name.strip() not in ORDERS:
        raise GuideError(f"{place}: {name!r} is no order; there are {', '.join(sorted(ORDERS))}.")
    return name.strip(), said.strip()
