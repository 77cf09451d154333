"""How people type a drug's name in Latin letters (拼音检索码): initials and full pinyin, every reading of it.

A character may have several readings (重: chong, zhong; 参: shen, can). The one that fits the word comes
first, and the others are accepted too: nobody should miss a drug for reading its name another way.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, islice, product
from typing import Any

from pypinyin import Style, pinyin

CHARACTERS = 20
"""Nobody types more than the beginning of a long name."""

INITIALS_MAX, SPELLINGS_MAX = 24, 14
SPELLED = 16
"""So many characters are spelt out in full."""


def initials(name: str) -> str:
    """The initials of the likeliest reading (拼音首字母), such as BHSALDPP."""
    return "".join(one[0] for one in likeliest(name))


def readings(name: str) -> str:
    """What the name may be typed as (拼音检索码): initials of every reading, then spellings, by spaces."""
    first = likeliest(name)[:CHARACTERS]
    heads = [tuple(dict.fromkeys(one[0] for one in every)) for every in alternatives(name, first)]
    spelt = alternatives(name, first)[:SPELLED]
    found = [*islice(variants(heads), INITIALS_MAX), *islice(variants(spelt), SPELLINGS_MAX)]
    return " ".join(dict.fromkeys(found))


def letters(name: str) -> str:
    """The characters that are typed: Chinese ones, Latin letters and digits, without brackets."""
    return "".join(
        sign for sign in name if "\u4e00" <= sign <= "\u9fff" or (sign.isascii() and sign.isalnum())
    )


def likeliest(name: str) -> list[str]:
    """How each character is read in this word."""
    found = pinyin(letters(name), style=Style.NORMAL, errors=one_by_one)
    return [one[0].upper() for one in found]


def one_by_one(run: str) -> Any:
    """Letters and digits between characters, each by itself; the library's type knows only whole runs."""
    return list(run)


def alternatives(name: str, first: Sequence[str]) -> list[tuple[str, ...]]:
    """Every reading of each character, the likeliest first."""
    return [
        tuple(dict.fromkeys((likely, *of_character(sign))))
        for sign, likely in zip(letters(name), first, strict=False)
    ]


@cache
def of_character(sign: str) -> tuple[str, ...]:
    """Every reading of one character; a letter or digit is itself."""
    (found,) = pinyin(sign, style=Style.NORMAL, heteronym=True)
    return tuple(one.upper() for one in found)


def variants(choices: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The word read as likely, then with one character read otherwise, then with two."""
    first = [one[0] for one in choices]
    several = [place for place, one in enumerate(choices) if len(one) > 1]
    for many in range(3):
        for places in combinations(several, many):
            for chosen in product(*(choices[place][1:] for place in places)):
                word = list(first)
                for place, reading in zip(places, chosen, strict=True):
                    word[place] = reading
                yield "".join(word)
