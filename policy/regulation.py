"""The regulation in force (现行文件): which document decides in an area on a day.

Rules that differ are written once per document and chosen by it, so a new document is a new function.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from policy.identifiers import province
from policy.parameter import ParameterNotFound
from policy.parameters import parameter
from policy.rule import broken
from policy.violation import Code, Violation


class Regulation(StrEnum):
    """A regulation (规范性文件) whose rules are written here."""

    FUJIAN_2023_6 = "闽医保规〔2023〕6号"
    SHANXI_2022_27 = "晋医保办发〔2022〕27号"


def regulation(area: str, *, on: date) -> Regulation:
    """The regulation (现行文件) that decides in this area on that day."""
    return Regulation(parameter("regulation", area, on=on).text)


def regulation_violation(area: str, *, on: date) -> Violation | None:
    """The refusal when no regulation (无现行文件) is in force in this area on that day."""
    try:
        regulation(area, on=on)
    except ParameterNotFound as missing:
        return not_in_force(missing)
    return None


TERMS: Mapping[str, str] = {"350000": "FJ-11.3", "140000": "SX-29"}
ELSEWHERE = "YL-7"


def not_in_force(missing: ParameterNotFound) -> Violation:
    """A missing parameter (参数缺失) told as a refusal, with the article that sets the term."""
    day, area = missing.on.isoformat(), missing.area
    what = "有效的规定" if missing.name == "regulation" else f"有效的标准（{missing.name}）"
    return broken(
        Code.REGULATION_NOT_IN_FORCE,
        TERMS.get(province(area), ELSEWHERE),
        f"地区{area}在{day}没有{what}，不能办理。",
        actual=day,
    )
