"""Cases: the pharmacy answers, the agency decides, and what follows from it."""

import asyncio
from uuid import UUID, uuid4

from models import Case, Event
from ops.road_documents import MARK_READY
from ops.world import cast
from policy.terms import CaseKind, EventKind
from tests.services.stage import error_of
from tests.supervision import documents
from tests.supervision.people import People, refusal, told

DRUGS = [line.drug_code for line in cast.FUJIAN_LINES]
OTHER = cast.FUJIAN_PHARMACY_OTHER


async def test_the_pharmacy_answers_once_and_before_the_decision(here: People) -> None:
    case = await here.complain(kind="SERVICE", pharmacyCode=cast.FUJIAN_PHARMACY)
    answer = here.counter().do

    answered = await answer(documents.ANSWER, caseId=case["id"], text="当日盘点有差错,已更正")
    again = await refusal(answer(documents.ANSWER, caseId=case["id"], text="补充"))
    decided = await here.decide(case, "DISMISSED")
    late = await refusal(here.decide(case))

    assert answered["answer"] == "当日盘点有差错,已更正"
    assert again == late == ["STATE_FORBIDS"]
    assert (decided["state"], decided["decision"]) == ("DISMISSED", "现场核查")
    everybody = {"institution", "area", "member"}
    assert {topic for kind, topic in await told(case) if kind == "CASE_DISMISSED"} == everybody
    assert {topic for kind, topic in await told(case) if kind == "CASE_ANSWERED"} == everybody
    repeat = here.complain(kind="SERVICE", pharmacyCode=cast.FUJIAN_PHARMACY)
    assert await refusal(repeat) == ["COMPLAINT_REPEATED"]


async def test_nobody_answers_after_the_decision(here: People) -> None:
    case = await here.case_of(await here.decline())
    await here.decide(case, "DISMISSED")

    late = here.counter().do(documents.ANSWER, caseId=case["id"], text="迟到的申辩")

    assert await refusal(late) == ["STATE_FORBIDS"]


async def test_another_areas_agency_decides_nothing_here(here: People) -> None:
    case = await here.case_of(await here.decline())
    given = {"idempotencyKey": str(uuid4()), "caseId": case["id"], "outcome": "PROVEN", "reason": "x"}

    error = await error_of(here.other_agency, documents.DECIDE, {"input": given})

    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_cases_are_filtered_and_paged(here: People) -> None:
    await here.decline()
    since = here.house.now().isoformat()
    here.house.later(minutes=1)
    mine = [(await here.case_of(await here.decline()))["id"] for _ in range(2)]
    asked = {"filter": {"kind": "FALSE_STOCK", "state": "OPEN", "since": since}, "first": 1}

    first = (await here.agency.execute(documents.CASES, asked))["cases"]
    after = {"after": first["pageInfo"]["endCursor"]}
    second = (await here.agency.execute(documents.CASES, asked | after))["cases"]

    found = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
    assert set(found) == set(mine)
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert await here.cases(here.agency, pharmacyCode=OTHER, kind="DOUBLE_TRACE") == []
    assert await here.cases(here.agency, until="2020-01-01T00:00:00Z") == []


async def test_the_third_proof_in_a_year_is_a_ground_to_leave_and_is_told_once(here: People) -> None:
    cases = [await here.case_of(await here.decline(pharmacy=OTHER)) for _ in range(5)]
    await here.decide(cases[0], "DISMISSED")
    await here.decide(cases[1])
    repeated = {"kind": "REPEATED_FALSE_STOCK", "pharmacyCode": OTHER}
    assert await here.cases(here.agency, **repeated) == []

    # two clerks at once: neither may overlook the other's proof
    await asyncio.gather(here.decide(cases[2]), here.decide(cases[3]))
    await here.decide(cases[4])

    (alert,) = await here.cases(here.agency, **repeated)
    assert alert["state"] == "OPEN"
    assert "九（五）2" in alert["text"]
    assert "3 年内不再纳入" in alert["text"]
    assert "系统不自动处理" in alert["text"]
    assert {UUID(key) for key in alert["evidence"]} == {UUID(case["id"]) for case in cases[1:4]}
    assert await told(alert) == {("EXIT_ALERT", "institution"), ("EXIT_ALERT", "area")}
    assert await Event.filter(kind=EventKind.EXIT_ALERT, subject_id=alert["id"]).count() == 2


async def test_where_no_such_ground_is_set_cases_are_decided_and_nothing_is_counted(here: People) -> None:
    rows = [
        await Case.create(
            key=str(uuid4()),
            kind=CaseKind.FALSE_STOCK,
            pharmacy_id=cast.SHANXI_PHARMACY,
            opened_at=here.house.now(),
            opened_by="参保人投诉",
        )
        for _ in range(3)
    ]

    for row in rows:
        given = {"caseId": str(row.id), "outcome": "PROVEN", "reason": "现场核查"}
        assert (await here.other_agency.do(documents.DECIDE, **given))["state"] == "PROVEN"

    assert await here.cases(here.other_agency, kind="REPEATED_FALSE_STOCK") == []


async def test_a_box_sold_twice_is_told_to_the_agency(here: People) -> None:
    first = await here.prepare(await here.upload())
    await here.settle(first)
    sold = (
        await here.counter().execute(
            "query F($id: UUID!) { fill(id: $id) { lines { traceCodes } } }", {"id": first["id"]}
        )
    )["fill"]["lines"]
    second = await here.request(await here.upload())
    await here.approve(second)
    lines = (
        await here.counter().execute(
            "query F($id: UUID!) { fill(id: $id) { lines { id } } }", {"id": second["id"]}
        )
    )["fill"]["lines"]
    scanned = [{"fillLineId": lines[0]["id"], "traceCodes": sold[0]["traceCodes"]}]
    codes = await refusal(here.counter().do(MARK_READY, fillId=second["id"], scanned=scanned))

    assert set(codes) == {"TRACE_CODE_SOLD"}
    for case in await here.cases(here.agency, kind="DOUBLE_TRACE"):
        assert await told(case) == {("CASE_OPENED", "institution"), ("CASE_OPENED", "area")}
    assert len(await here.cases(here.agency, kind="DOUBLE_TRACE")) == len(codes)
