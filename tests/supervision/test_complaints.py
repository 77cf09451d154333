"""False stock and complaints become cases."""

import asyncio
from uuid import uuid4

import pytest

from models import Case
from ops.client import Json, Refused
from ops.world import cast
from policy.terms import GrantScope, Role
from tests.services.stage import error_of, grant
from tests.supervision import documents
from tests.supervision.people import People, refusal, told

DRUGS = [line.drug_code for line in cast.FUJIAN_LINES]
OTHER = cast.FUJIAN_PHARMACY_OTHER


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
