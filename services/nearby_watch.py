"""Following what pharmacies around a place can promise (可供情况订阅)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import Drug
from services.availability import Shelf, differences, shelves
from services.errors import BadInput, NotFound
from services.nearby_search import After, Search, check_search, find
from services.nearby_wants import Asked, check_asked
from services.topics import stock_topic

WATCHED_MAX = 200
"""A subscription follows the nearest so many pharmacies of its circle."""

RADIUS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed at one pharmacy (可供变化): all of it in one message, however often it moved."""

    code: str
    distance: float
    drugs: Shelf


class Watch:
    """The pharmacies and drugs that one subscriber follows (关注), and what they were last told."""

    def __init__(self, distances: dict[str, float], drugs: Sequence[str]) -> None:
        self.distances, self.drugs = distances, list(drugs)
        self.known: dict[str, Shelf] = {code: {} for code in distances}

    @property
    def topics(self) -> list[str]:
        """Where these pharmacies ring."""
        return [stock_topic(code) for code in self.distances]

    async def changes(self, now: datetime) -> list[Change]:
        """What differs from what was told before, nearest pharmacy first."""
        found = await shelves(list(self.distances), self.drugs, now)
        changes = []
        for code, away in self.distances.items():
            if changed := differences(self.known[code], found[code], self.drugs):
                changes.append(Change(code, away, changed))
            self.known[code] = found[code]
        return changes


async def watch(now: datetime, search: Search, drugs: Sequence[str]) -> Watch:
    """Follow these drugs at the nearest pharmacies under contract, quiet ones too: they may wake up."""
    check_search(search)
    if search.radius_m > RADIUS_MAX:
        raise BadInput("radius", f"订阅的半径至多 {RADIUS_MAX} 米,收到 {search.radius_m}。")
    if not drugs:
        raise BadInput("drugCodes", "请至少给出一种药品编码。")
    check_asked([Asked(code) for code in drugs])
    known = {row.code for row in await Drug.filter(code__in=list(drugs)).only("code")}
    for code in drugs:
        if code not in known:
            raise NotFound("药品", code)
    rows = []
    for stale in (False, True):
        rows += await find(now, search, (), stale=stale, after=After(), limit=WATCHED_MAX)
    nearest = sorted(rows, key=lambda row: (row["away"], row["code"]))[:WATCHED_MAX]
    return Watch({row["code"]: row["distance"] for row in nearest}, drugs)
