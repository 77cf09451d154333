"""An agency hears of cases in its area as they are opened and decided, and misses none."""

import asyncio

from ops.road_documents import EVENT
from ops.world import cast
from policy.terms import Role
from tests.events.subscriber import Subscriber
from tests.supervision.people import People

AGENCY = (
    f"subscription A($after: String) {{ agencyEvents(after: $after) {{ {EVENT} case {{ id kind state }} }} }}"
)
CURSOR = "{ agencyEventCursor }"


async def test_an_agency_cut_off_in_between_hears_everything_of_its_area_in_order(here: People) -> None:
    listening = Subscriber(here.agency, AGENCY)
    listening.cursor = (await here.agency.execute(CURSOR))["agencyEventCursor"]

    async with asyncio.timeout(20):
        async with listening.connected() as line:
            case = await here.case_of(await here.decline())
            await line.take(1)
        await here.decide(case)
        await here.decline(pharmacy=cast.FUJIAN_PHARMACY_OTHER)
        async with listening.connected() as line:
            await line.take(2)

    told = [(event["kind"], event["case"]["kind"]) for event in listening.received]
    assert told == [
        ("CASE_OPENED", "FALSE_STOCK"),
        ("CASE_PROVEN", "FALSE_STOCK"),
        ("CASE_OPENED", "FALSE_STOCK"),
    ]
    assert listening.received[0]["case"]["id"] == listening.received[1]["case"]["id"] == case["id"]
    numbers = [event["sequence"] for event in listening.received]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


async def test_another_area_hears_nothing_of_it(here: People) -> None:
    other = here.house.client(Role.AGENCY, cast.SHANXI_AREA)
    before = (await other.execute(CURSOR))["agencyEventCursor"]

    await here.decline()

    assert (await other.execute(CURSOR))["agencyEventCursor"] == before
