"""Finding drugs by what people type (药品检索): the name, the initials of its pinyin, the code."""

from collections.abc import Sequence

from tortoise.expressions import Q

from models import Drug
from services.errors import BadInput

Key = tuple[bool, bool, str]
"""Where a drug stands in the answer: awarded, essential, code."""

LONGEST = 60


def key_of(drug: Drug) -> Key:
    """Where a drug stands (次序)."""
    return drug.is_vbp, drug.is_essential, drug.code


async def search_drugs(text: str, first: int, after: Key | None) -> tuple[Sequence[Drug], bool]:
    """Drugs whose name contains the text, or whose pinyin initials or code begin with it (药品检索).

    Awarded drugs (集采中选) come first, then essential ones, then the others (SX-18); by code within each.
    """
    wanted = text.strip()
    if not wanted or len(wanted) > LONGEST or not wanted.isprintable():
        raise BadInput("search", f"请给出 1 至 {LONGEST} 个字符:药品名称、拼音首字母或编码开头。")
    found = Q(generic_name__contains=wanted)
    if wanted.isascii():
        found |= Q(pinyin__startswith=wanted.upper()) | Q(code__startswith=wanted.upper())
    rows = Drug.filter(found)
    if after is not None:
        rows = rows.filter(behind(after))
    page = await rows.order_by("-is_vbp", "-is_essential", "code").limit(first + 1)
    return page[:first], len(page) > first


def behind(after: Key) -> Q:
    """The drugs that come after a place."""
    awarded, essential, code = after
    later = Q(is_vbp=awarded, is_essential=essential, code__gt=code)
    if essential:
        later |= Q(is_vbp=awarded, is_essential=False)
    if awarded:
        later |= Q(is_vbp=False)
    return later
