"""What the lines on an ID card say (证件文字): the number and the name, in plain characters."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from policy.identifiers import is_id_number

NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9X])")
NAME_LABEL = "姓名"
NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af·]{2,20}")
DOTS = str.maketrans(dict.fromkeys("•・‧∙.．", "·"))


@dataclass(frozen=True, slots=True)
class CardText:
    """What was read off a card (证件要素): a sound number and what stands after 姓名, empty where unread.

    Personal data: it is compared and forgotten, and shows itself in no log.
    """

    number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


def card_text(lines: Sequence[str], *, allow_samples: bool) -> CardText:
    """The number and the name (证件要素) among the lines that were read.

    Only a number with a sound check digit, birth date and area counts as read, two different ones as none.
    """
    plain = [plain_text(line) for line in lines]
    numbers = {
        found
        for line in plain
        for found in NUMBER.findall(line.upper())
        if is_id_number(found, allow_samples=allow_samples)
    }
    return CardText(number=numbers.pop() if len(numbers) == 1 else "", name=name_of(plain))


def plain_text(line: str) -> str:
    """A line in one form (统一字形): engines answer full-width digits and odd spaces now and then."""
    return "".join(unicodedata.normalize("NFKC", line).translate(DOTS).split())


def name_of(lines: Sequence[str]) -> str:
    """What stands after 姓名, on the same line or on the next (证件姓名); empty where that is no name."""
    for line, following in zip(lines, [*lines, ""][1:], strict=True):
        _, label, said = line.partition(NAME_LABEL)
        if label:
            name = said or following
            return name if NAME.fullmatch(name) else ""
    return ""
