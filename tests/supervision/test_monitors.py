"""Every day, unasked: sale prices against their ceilings, stock accounts against settlements and counts."""

import asyncio
import base64
from datetime import date, timedelta
from decimal import Decimal

import pytest

from models import Case, Drug, DrugPrice, Event, Institution, MonitorRun, StockBatch, StockItem
from ops.client import Json, Refused
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import CaseKind, EventKind, InstitutionKind, ListClass, MovementKind, PriceKind, Role
from services.entries import StockEntry
from services.monitoring import monitor_due, monitor_pharmacy
from services.movements import record_stock
from services.topics import institution_topic
from tests.services.stage import error_of
from tests.stock.counter import COUNTER
from tests.supervision import documents
from tests.supervision.people import People

DRUG = cast.AMLODIPINE
HERE, DEAR = cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_DEAR


async def monitor(here: People, pharmacy: str = HERE) -> None:
    """What a worker does with one pharmacy."""
    await monitor_pharmacy(here.house.call(), pharmacy_code=pharmacy)


async def opened(kind: CaseKind, pharmacy: str) -> list[Case]:
    """The cases of a kind against a pharmacy."""
    return await Case.filter(kind=kind, pharmacy_id=pharmacy).order_by("drug_id")


async def alerts(here: People, pharmacy: str = HERE) -> dict[str, Json]:
    """A pharmacy's price alerts as its agency sees them, by drug."""
    found: dict[str, Json] = {}
    page: Json = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        asked = {"pharmacy": pharmacy, "after": page["endCursor"]}
        shown = (await here.agency.execute(documents.ALERTS, asked))["priceAlerts"]
        found |= {edge["node"]["drug"]["code"]: edge["node"] for edge in shown["edges"]}
        page = shown["pageInfo"]
    return found


async def balance(here: People, **asked: object) -> Json:
    """The pharmacy's own account."""
    data = await here.counter().execute(documents.BALANCE, asked)
    found: Json = data["stockBalance"]
    return found


async def count(here: People, drug: str, batch: str, quantity: Decimal) -> None:
    """A stock-take that finds so many boxes of a batch."""
    entry = StockEntry(drug, MovementKind.STOCK_TAKE, quantity, batch_number=batch)
    await record_stock(here.house.call(COUNTER), entries=[entry])


async def lose(here: People, drug: str, missing: int) -> None:
    """A stock-take that finds so many boxes of a drug less than the books say."""
    batch = await StockBatch.filter(item__pharmacy_id=HERE, item__drug_id=drug, on_hand__gte=missing).first()
    assert batch is not None
    await count(here, drug, batch.batch_number, batch.on_hand - missing)


async def test_an_account_over_the_agreements_term_has_every_term_and_balances(here: People) -> None:
    fill = await here.prepare(await here.upload())
    await here.settle(fill)
    sold = (
        await here.counter().execute(
            "query F($id: UUID!) { fill(id: $id) { lines { quantity drug { code } } } }", {"id": fill["id"]}
        )
    )["fill"]["lines"]

    found = await balance(here)

    drugs = {edge["node"]["drug"]["code"]: edge["node"] for edge in found["drugs"]["edges"]}
    for line in sold:
        flow = drugs[line["drug"]["code"]]
        assert flow["settled"] == flow["recordedInsured"] == flow["actual"] == line["quantity"]
        assert Decimal(flow["purchased"]) - Decimal(flow["closing"]) == Decimal(flow["expected"])
    assert (found["difference"], found["ratio"], found["isMismatch"]) == ("0.00", "0", False)
    assert (found["limit"], found["until"]) == ("0.05", shanghai_day(here.house.now()).isoformat())
    assert "九（五）1" in found["basis"]
    agencys = await here.agency.execute(documents.BALANCE, {"pharmacy": HERE})
    assert agencys["stockBalance"] == found
    assert (await balance(here, off=True))["drugs"]["edges"] == []


async def test_what_a_count_does_not_find_is_a_difference_by_value(here: People) -> None:
    await lose(here, DRUG, 2)

    found = await balance(here, off=True)

    ((flow),) = [edge["node"] for edge in found["drugs"]["edges"]]
    assert (flow["drug"]["code"], flow["difference"]) == (DRUG, "2")
    assert Decimal(flow["differenceValue"]) == Decimal(found["difference"]) > 0
    assert found["isMismatch"] is False


async def test_a_first_count_opens_the_account_and_is_no_difference(here: People) -> None:
    kept = await StockItem.filter(pharmacy_id=HERE).values_list("drug_id", flat=True)
    new = await Drug.filter(list_class=ListClass.A).exclude(code__in=list(kept)).first()
    assert new is not None
    await count(here, new.code, "N1", Decimal(8))
    await StockItem.filter(pharmacy_id=HERE, drug_id=new.code).update(price=Decimal("3.5"))
    here.house.later(minutes=1)

    opened_with = await flow_of(here, new.code)
    await count(here, new.code, "N1", Decimal(7))
    counted_again = await flow_of(here, new.code)

    assert (opened_with["opening"], opened_with["difference"]) == ("8", "0")
    assert (counted_again["opening"], counted_again["closing"]) == ("8", "7")
    assert (counted_again["difference"], counted_again["differenceValue"]) == ("1", "3.50")


async def flow_of(here: People, drug: str) -> Json:
    """One drug's row of the account: the page that begins before it."""
    after = base64.urlsafe_b64encode(drug[:-1].encode()).decode()
    found = await balance(here, after=after)
    node: Json = found["drugs"]["edges"][0]["node"]
    assert node["drug"]["code"] == drug
    return node


async def test_an_account_that_is_off_by_the_limit_is_told_once(here: People) -> None:
    items = await StockItem.filter(
        pharmacy_id=HERE, on_hand__gt=40, held=0, drug__list_class=ListClass.A
    ).exclude(drug_id=DRUG)
    worth = sum((item.on_hand * (item.price or 0) for item in items), Decimal(0))
    dear = items[-1]
    await StockItem.filter(id=dear.id).update(price=worth / 10)
    await lose(here, dear.drug_id, 30)

    await monitor(here)
    here.house.later(days=1)
    await monitor(here)

    (case,) = await opened(CaseKind.VALUE_MISMATCH, HERE)
    assert dear.drug_id in case.evidence
    assert "九（五）1" in case.text
    assert "系统不自动处理" in case.text
    assert (await balance(here))["isMismatch"] is True
    events = await Event.filter(subject_id=case.id)
    assert [event.kind for event in events] == [EventKind.EXIT_ALERT] * 2


async def test_prices_above_the_ceiling_are_told_once_however_many_look(here: People) -> None:
    await asyncio.gather(*(monitor(here, DEAR) for _ in range(4)))
    first = await opened(CaseKind.PRICE_ABOVE_CEILING, DEAR)
    here.house.later(days=1)
    await monitor(here, DEAR)

    again = await opened(CaseKind.PRICE_ABOVE_CEILING, DEAR)

    shown = await alerts(here, DEAR)
    above = {code for code, one in shown.items() if one["kind"] == "ABOVE_CEILING"}
    assert {case.drug_id for case in first} == above
    assert above
    assert [case.id for case in again] == [case.id for case in first]
    assert all(case.reference in case.text for case in first)


async def test_a_price_that_must_follow_a_cut_is_warned_of_and_then_too_high(here: People) -> None:
    today = shanghai_day(here.house.now())
    item = await StockItem.get(pharmacy_id=HERE, drug_id=DRUG)
    listed = await DrugPrice.get(drug_id=DRUG, kind=PriceKind.LISTED, area="350000", until__isnull=True)
    await DrugPrice.filter(drug_id=DRUG).exclude(id=listed.id).delete()
    await StockItem.filter(id=item.id).update(price=listed.amount)
    await DrugPrice.filter(id=listed.id).update(until=today - timedelta(days=1))
    await DrugPrice.create(
        drug_id=DRUG,
        area="350000",
        kind=PriceKind.LISTED,
        amount=Decimal("0.5"),
        since=today,
        source=listed.source,
    )
    last_day = today + timedelta(days=30)

    async def warnings() -> int:
        return await Event.filter(kind=EventKind.PRICE_FOLLOW_DUE, topic=institution_topic(HERE)).count()

    await monitor(here)
    early = (await alerts(here))[DRUG]
    told_early = await warnings()
    here.house.later(days=23)
    await monitor(here)
    told_late = await warnings()
    here.house.later(days=8)
    await monitor(here)
    late = (await alerts(here))[DRUG]

    assert (early["kind"], early["lastDay"], early["ceiling"]) == ("MUST_FOLLOW", last_day.isoformat(), "0.5")
    assert (told_early, told_late) == (0, 1)
    assert (late["kind"], late["lastDay"], late["rule"]) == ("ABOVE_CEILING", last_day.isoformat(), "FJ-6.4")
    (case,) = [one for one in await opened(CaseKind.PRICE_ABOVE_CEILING, HERE) if one.drug_id == DRUG]
    assert f"调整期限至 {last_day}" in case.text


async def test_every_pharmacy_is_looked_at_once_a_day_by_whichever_worker(here: People) -> None:
    here.house.later(days=1)
    today = shanghai_day(here.house.now())
    pharmacies = await Institution.filter(kind=InstitutionKind.PHARMACY).count()

    rounds = [await monitor_due(here.house.call()) for _ in range(pharmacies // 20 + 2)]

    assert rounds[-1] == 0
    assert sum(rounds) == pharmacies == await MonitorRun.filter(ran_on=today).count()


async def test_where_no_limit_is_set_the_account_is_shown_without_one(here: People) -> None:
    agency = here.house.client(Role.AGENCY, cast.SHANXI_AREA)

    data = await agency.execute(documents.BALANCE, {"pharmacy": cast.SHANXI_PHARMACY})

    assert (data["stockBalance"]["limit"], data["stockBalance"]["isMismatch"]) == (None, False)
    found = await agency.execute(documents.ALERTS, {"pharmacy": cast.SHANXI_PHARMACY})
    assert found["priceAlerts"]["edges"] == []


DAY = date(2026, 3, 1).isoformat()


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("counter", {"since": DAY, "until": "2026-02-01"}, "BAD_USER_INPUT"),
        ("counter", {"since": DAY, "until": "2030-01-01"}, "BAD_USER_INPUT"),
        ("counter", {"since": "1900-01-01"}, "BAD_USER_INPUT"),
        ("agency", {}, "BAD_USER_INPUT"),
        ("agency", {"pharmacy": cast.SHANXI_PHARMACY}, "NOT_FOUND"),
        ("agency", {"pharmacy": cast.FUJIAN_HOSPITAL}, "NOT_FOUND"),
        ("agency", {"pharmacy": "P" * 13}, "BAD_USER_INPUT"),
        ("agency", {"pharmacy": cast.FUJIAN_PHARMACY_ENDED}, "BAD_USER_INPUT"),
        ("patient", {"pharmacy": HERE}, "FORBIDDEN"),
    ],
)
async def test_an_account_nobody_can_give(here: People, who: str, asked: Json, code: str) -> None:
    caller = here.counter() if who == "counter" else getattr(here, who)

    error = await error_of(caller, documents.BALANCE, asked)

    assert error["extensions"]["code"] == code


async def test_after_the_regulation_has_lapsed_nothing_is_opened_and_queries_say_why(here: People) -> None:
    here.house.later(days=400)
    before = await Case.all().count()

    await monitor(here, DEAR)

    assert await Case.all().count() == before
    error = await error_of(here.agency, documents.ALERTS, {"pharmacy": DEAR})
    assert error["extensions"]["code"] == "REFUSED"
    assert error["extensions"]["violations"][0]["code"] == "REGULATION_NOT_IN_FORCE"
    refused = {"pharmacyCode": HERE, "kind": "SERVICE", "text": "态度恶劣"}
    with pytest.raises(Refused) as raised:
        await here.patient.do(documents.COMPLAIN, **refused)
    assert raised.value.codes == ["REGULATION_NOT_IN_FORCE"]
