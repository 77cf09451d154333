"""False stock and complaints become cases; the pharmacy answers, the agency decides."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import Case, Event
from ops.client import Json, Refused
from ops.road_documents import MARK_READY
from ops.world import cast
from policy.terms import CaseKind, EventKind, GrantScope, Role
from tests.house import House
from tests.services.stage import error_of, grant
from tests.supervision import documents
from tests.supervision.people import People, people

DRUGS = [line.drug_code for line in cast.FUJIAN_LINES]
OTHER = cast.FUJIAN_PHARMACY_OTHER


@pytest.fixture(scope="module")
def here(house: House) -> People:
    """Everybody."""
    return people(house)


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


async def test_what_was_shown_and_is_not_there_becomes_a_case(here: People) -> None:
    fill = await here.decline()

    case = await here.case_of(fill)

    assert (case["kind"], case["state"], case["openedBy"]) == ("FALSE_STOCK", "OPEN", "药店拒单")
    assert case["pharmacy"]["code"] == cast.FUJIAN_PHARMACY
    assert case["drug"]["code"] == DRUGS[0]
    assert DRUGS[0] in case["text"]
    assert "已预留" in case["text"]
    assert len(case["evidence"]) == 1
    assert case["id"] in [one["id"] for one in await here.cases(here.counter())]
    assert await told(case) == {("CASE_OPENED", "institution"), ("CASE_OPENED", "area")}


async def test_other_reasons_to_decline_open_no_case_and_are_kept(here: People) -> None:
    fill = await here.decline("CANNOT_PREPARE")

    assert not await Case.filter(fill_id=fill["id"]).exists()
    shown = await here.patient.execute(
        "query F($id: UUID!) { fill(id: $id) { declineReason } }", {"id": fill["id"]}
    )
    assert shown["fill"]["declineReason"] == "CANNOT_PREPARE"


async def test_each_sees_the_cases_that_concern_them_and_no_others(here: People) -> None:
    case = await here.case_of(await here.decline())
    strangers = [
        here.patient,
        here.other_agency,
        here.counter(OTHER),
        here.hospital,
    ]
    supervisor = here.house.client(Role.SUPERVISOR, "supervisor")

    for one in strangers:
        assert case["id"] not in [found["id"] for found in await here.cases(one)]
        error = await error_of(one, documents.ONE_CASE, {"id": case["id"]})
        assert error["extensions"]["code"] == "NOT_FOUND"
    assert case["id"] in [found["id"] for found in await here.cases(supervisor)]


async def test_a_complaint_joins_the_case_its_fact_has_and_the_pharmacy_never_reads_it(here: People) -> None:
    fill = await here.decline()
    case = await here.case_of(fill)

    filed = await here.complain(fillId=fill["id"], text="店员张某说从来没进过这种药")

    assert filed["id"] == case["id"]
    assert filed["complaint"] == "店员张某说从来没进过这种药"
    (mine,) = [one for one in await here.cases(here.patient) if one["id"] == case["id"]]
    assert mine["complaint"] == filed["complaint"]
    assert (await here.case_of(fill))["complaint"] == filed["complaint"]
    (theirs,) = [one for one in await here.cases(here.counter()) if one["id"] == case["id"]]
    assert theirs["complaint"] is None
    row = await Case.get(id=case["id"])
    assert row.complaint_sealed is not None
    assert "张某".encode() not in bytes(row.complaint_sealed)
    assert "张某" not in row.text
    assert await refusal(here.complain(fillId=fill["id"])) == ["COMPLAINT_REPEATED"]


async def test_family_who_may_see_the_fill_may_complain_and_a_stranger_may_not(here: People) -> None:
    fill = await here.request(await here.upload())
    await grant(here.house, cast.FUJIAN_PATIENT, cast.FUJIAN_NO_DISEASE, GrantScope.SEE)
    watcher, stranger = here.person(cast.FUJIAN_NO_DISEASE), here.person(cast.FUJIAN_RESIDENT)

    case = await here.complain(watcher, kind="SERVICE", fillId=fill["id"], text="态度恶劣")
    given = {"idempotencyKey": str(uuid4()), "kind": "SERVICE", "text": "x", "fillId": fill["id"]}
    error = await error_of(stranger, documents.COMPLAIN, {"input": given})

    assert (case["kind"], case["fill"]["id"]) == ("OTHER_COMPLAINT", fill["id"])
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_decline_adds_its_evidence_to_the_complaint_that_came_first(here: People) -> None:
    prescription = await here.upload()
    fill = await here.request(prescription)
    filed = await here.complain(fillId=fill["id"])

    await here.counter().do(documents.DECLINE, fillId=fill["id"], reason="没有", kind="NOT_IN_STOCK")

    case = await here.case_of(fill)
    assert case["id"] == filed["id"]
    assert len(case["evidence"]) == len(prescription["lines"])
    assert case["text"].startswith(filed["text"])
    assert "已预留" in case["text"]
    assert case["drug"] is None


async def test_of_two_who_complain_of_one_fact_at_once_one_is_told_that_it_is_known(here: People) -> None:
    fill = await here.request(await here.upload())
    daughter = here.person(cast.FUJIAN_PATIENT_FAMILY)

    both = await asyncio.gather(
        here.complain(fillId=fill["id"]),
        here.complain(daughter, fillId=fill["id"]),
        return_exceptions=True,
    )

    assert [one.codes for one in both if isinstance(one, Refused)] == [["COMPLAINT_REPEATED"]]
    assert await Case.filter(fill_id=fill["id"]).count() == 1


async def test_five_complaints_a_day_about_a_pharmacy_and_the_next_day_again(here: People) -> None:
    someone = here.person(cast.FUJIAN_RESIDENT)
    about = [{"pharmacyCode": OTHER, "drugCodes": codes} for codes in (DRUGS, *([code] for code in DRUGS))]
    for given in about[:4]:
        await here.complain(someone, **given)

    at_once = await asyncio.gather(
        here.complain(someone, pharmacyCode=OTHER, drugCodes=DRUGS[:2]),
        here.complain(someone, pharmacyCode=OTHER, kind="SERVICE"),
        return_exceptions=True,
    )

    refused = [one for one in at_once if isinstance(one, Refused)]
    assert [one.codes for one in refused] == [["COMPLAINTS_TOO_MANY"]]
    here.house.later(days=1)
    assert (await here.complain(someone, **about[0]))["state"] == "OPEN"


async def test_a_complaint_without_a_fill_keeps_what_was_shown(here: People) -> None:
    case = await here.complain(pharmacyCode=OTHER, drugCodes=[DRUGS[0]])

    assert case["drug"]["code"] == DRUGS[0]
    assert case["fill"] is None
    assert f"{DRUGS[0]} 可售" in case["text"]
    assert await told(case) == {("CASE_OPENED", "institution"), ("CASE_OPENED", "area")}


BAD: list[tuple[Json, str]] = [
    ({"text": " "}, "text"),
    ({"text": "长" * 1001}, "text"),
    ({"pharmacyCode": None}, "fillId"),
    ({"fillId": str(uuid4())}, "fillId"),
    ({"drugCodes": []}, "drugCodes"),
    ({"drugCodes": [DRUGS[0], DRUGS[0]]}, "drugCodes"),
    ({"drugCodes": [str(number) for number in range(11)]}, "drugCodes"),
    ({"drugCodes": ["9" * 24]}, "drugCodes"),
    ({"pharmacyCode": "P" * 13}, "pharmacyCode"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
async def test_a_complaint_that_says_too_little_or_too_much(here: People, change: Json, field: str) -> None:
    given = {"kind": "FALSE_STOCK", "text": "没有", "pharmacyCode": OTHER, "drugCodes": [DRUGS[0]]}

    error = await error_of(
        here.patient, documents.COMPLAIN, {"input": {"idempotencyKey": str(uuid4())} | given | change}
    )

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")


@pytest.mark.parametrize(
    ("change", "what"), [({"pharmacyCode": "P99999999999"}, "药店"), ({"drugCodes": ["X"]}, "药品")]
)
async def test_a_complaint_about_what_is_not_there(here: People, change: Json, what: str) -> None:
    given = {"kind": "FALSE_STOCK", "text": "没有", "pharmacyCode": OTHER, "drugCodes": [DRUGS[0]]}

    error = await error_of(
        here.patient, documents.COMPLAIN, {"input": {"idempotencyKey": str(uuid4())} | given | change}
    )

    assert error["extensions"]["code"] == "NOT_FOUND"
    assert what in error["message"]


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
