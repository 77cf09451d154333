"""Counties, where they lie, and how many pharmacies each gets (行政区划与药店分布)."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from policy.geography import Point
from policy.identifiers import pooling_area, province

FUJIAN = "350000"
SHANXI = "140000"
PROVINCES = (FUJIAN, SHANXI)

# Weights make capitals and cities denser; they measure nothing.
_CAPITALS = {"350100": 6, "140100": 6}
_LARGE_CITIES = {"350200": 4, "350500": 3, "140200": 3}
_OTHER_DISTRICT = 2
_COUNTY = 1
_WITHOUT_PHARMACIES = {"350527"}


@dataclass(frozen=True, slots=True)
class County:
    """A county or district (县级行政区) with its centre in GCJ-02."""

    adcode: str
    name: str
    city: str
    area: str
    centre: Point
    weight: int

    @property
    def short_name(self) -> str:
        """The name as pharmacies carry it (简称): 鼓楼区 is 鼓楼, 阳泉's 郊区 is 阳泉郊区."""
        if len(self.name) > 2:
            return self.name[:-1]
        return self.name if self.name.endswith("县") else self.city.removesuffix("市") + self.name


@cache
def counties(of: str) -> tuple[County, ...]:
    """The counties of a province (省内各县), in the order of their codes."""
    rows = _rows()
    names = {row["adcode"]: row["name"] for row in rows}
    return tuple(
        County(
            adcode=row["adcode"],
            name=row["name"],
            city=names[row["adcode"][:4] + "00"],
            area=pooling_area(row["adcode"]),
            centre=Point(float(row["longitude"]), float(row["latitude"])),
            weight=_weight(row["adcode"], row["name"]),
        )
        for row in rows
        if province(row["adcode"]) == of and not row["adcode"].endswith("00")
    )


@cache
def county(adcode: str) -> County:
    """One county by its code (县)."""
    return next(found for found in counties(province(adcode)) if found.adcode == adcode)


@cache
def pooling_areas(of: str) -> dict[str, str]:
    """The pooling areas of a province and their names (统筹区)."""
    names = {row["adcode"]: row["name"] for row in _rows()}
    return {found.area: names[found.area] for found in counties(of)}


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return tuple(csv.DictReader(files("ops.world").joinpath("adcodes.csv").read_text("utf-8").splitlines()))


def _weight(adcode: str, name: str) -> int:
    if adcode in _WITHOUT_PHARMACIES:
        return 0
    city = adcode[:4] + "00"
    if not name.endswith("区"):
        return _OTHER_DISTRICT if name.endswith("市") else _COUNTY
    return _CAPITALS.get(city) or _LARGE_CITIES.get(city) or _OTHER_DISTRICT
