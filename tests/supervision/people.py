"""Who meets in these tests, and the short ways they go."""

from typing import Any

import pytest

from models import Event
from ops.client import Client, Json, Refused
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import Role
from tests.house import House
from tests.road.walk import Walk
from tests.supervision import documents


class People(Walk):
    """The road's people and those who watch them (监管各方)."""

    @property
    def agency(self) -> Client:
        """The agency of the pharmacy's area."""
        return self.house.client(Role.AGENCY, cast.FUJIAN_AREA)

    @property
    def other_agency(self) -> Client:
        """Another area's agency."""
        return self.house.client(Role.AGENCY, cast.SHANXI_AREA)

    async def decline(self, kind: str = "NOT_IN_STOCK", pharmacy: str | None = None, **more: Any) -> Json:
        """A fill of one line, asked for and turned down."""
        prescription = await self.upload()
        lines = [prescription["lines"][0]["id"]]
        fill = await self.request(prescription, pharmacy, lineIds=lines, splitReason="药店缺货", **more)
        await self.counter(pharmacy).do(documents.DECLINE, fillId=fill["id"], reason="货架上没有", kind=kind)
        return fill

    async def cases(self, by: Client, **filter: Any) -> list[Json]:
        """The cases that somebody sees."""
        data = await by.execute(documents.CASES, {"filter": filter or None})
        return [edge["node"] for edge in data["cases"]["edges"]]

    async def case_of(self, fill: Json) -> Json:
        """The case of a fill, as the agency sees it."""
        (found,) = [
            one for one in await self.cases(self.agency) if one["fill"] and one["fill"]["id"] == fill["id"]
        ]
        return found

    async def decide(self, case: Json, outcome: str = "PROVEN") -> Json:
        """The agency's word on a case."""
        return await self.agency.do(documents.DECIDE, caseId=case["id"], outcome=outcome, reason="现场核查")

    async def complain(self, by: Client | None = None, **more: Any) -> Json:
        """A complaint; about stock that is not there unless told otherwise."""
        given = {"kind": "FALSE_STOCK", "text": "到店后说没有药"} | more
        return await (by or self.patient).do(documents.COMPLAIN, **given)


def people(house: House) -> People:
    """Fujian's people."""
    return People(house, FUJIAN)


async def refusal(asked: Any) -> list[str]:
    """The codes of what was refused."""
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value.codes


async def told(case: Json) -> set[tuple[str, str]]:
    """Who was told what about a case."""
    return {
        (row.kind.value, row.topic.partition(":")[0]) for row in await Event.filter(subject_id=case["id"])
    }
