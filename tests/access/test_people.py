"""Role × state × field over people's data, asserted cell by cell from one table."""

from uuid import UUID

import pytest
from graphql import GraphQLObjectType

from models import FamilyGrant, Fill, IdentityCheck, IdentityImage, Member, PrescriberQuery, Settlement
from ops import road_documents as documents
from ops.client import Client, Json
from ops.road import FUJIAN, Road
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CardReading, FillState, GrantScope
from services.identity import CARD
from tests.access.callers import COLUMNS, callers
from tests.access.cells import CELLS, QUERY, UNSOLD, kind_of, leaves, matches, type_at, values_at, wrong_cells
from tests.access.mutants import Mutant, in_place, mutants
from tests.access.payments import a_payment
from tests.access.people import IMPERSONAL, NOT_FOUND, ONLY_THE_PATIENT, ROLES, SCHEMA, TABLE, VOLATILE
from tests.house import House
from tests.money.words import REVERSE
from tests.services.stage import grant, post, settled_fill, walkers
from tests.supervision.documents import COMPLAIN

COMPLAINT = "店员态度恶劣"
FINDING = {
    "engine": "dlib",
    "model_version": "1",
    "verdict": "MATCH",
    "metric": "euclidean",
    "distance": "0.2",
    "bands_version": "1",
    "mean": 1,
}


def test_every_type_that_can_show_a_person_is_in_the_table() -> None:
    shown = {type_at(path.rpartition(".")[0]).name for path in TABLE}
    kinds = {
        name
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and not name.endswith(("Connection", "Edge"))
        and kind not in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
    }

    unsorted = kinds - shown - set(ONLY_THE_PATIENT) - IMPERSONAL
    assert unsorted == set(), "say in tests/access/people.py who sees the new types"
    assert (set(ONLY_THE_PATIENT) | IMPERSONAL) - kinds == set()


def test_every_field_of_those_types_is_in_the_table() -> None:
    covered = {
        (type_at(path.rpartition(".")[0]).name, path.rpartition(".")[2]) for path in [*CELLS, *VOLATILE]
    }
    kinds = {type_at(path.rpartition(".")[0]).name: type_at(path.rpartition(".")[0]) for path in TABLE}
    missing = [
        f"{name}.{leaf}"
        for name, kind in kinds.items()
        for leaf in leaves(kind)
        if (name, leaf) not in covered and name not in IMPERSONAL
    ]

    assert missing == []


def test_every_row_has_a_mark_for_every_role_in_every_kind_of_state() -> None:
    assert {path for path, row in TABLE.items() if [len(word) for word in row.split()] != [6, 6, 6]} == set()
    assert {name for group in ROLES.values() for name in group} | {*NOT_FOUND, "nobody"} == {
        name for name, _, _ in COLUMNS
    }


@pytest.fixture(scope="module")
async def clients(house: House) -> dict[str, Client]:
    """Every caller. The stranger was allowed to see once, and may pay."""
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_NO_DISEASE, GrantScope.SEE)
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_RESIDENT, GrantScope.SEE)
    ended = FamilyGrant.filter(proxy_id=member_id(cast.FUJIAN_RESIDENT))
    await ended.update(revoked_at=house.now())
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_RESIDENT, GrantScope.PAY)
    return callers(house)


async def bought_by_family(house: House, way: Road, clients: dict[str, Client]) -> Json:
    """A fill that the family asked for, with everything on it that tells of people."""
    prescription = await way.upload()
    fill: Json = await clients["family"].do(
        documents.REQUEST_FILL,
        prescriptionId=prescription["id"],
        pharmacyCode=FUJIAN.pharmacy,
        deliveryAddress="福州市鼓楼区示例路 7 号 302",
    )
    key = UUID(fill["id"])
    await PrescriberQuery.create(
        fill_id=key,
        question="血压?",
        asked_at=house.now(),
        answer="160",
        upholds=True,
        answered_at=house.now(),
    )
    await way.approve(fill["id"])
    await way.make_ready(fill["id"])
    await way.pharmacy.do(
        documents.VERIFY_MANUALLY, fillId=fill["id"], documents=["身份证", "参保人身份证"], reason="弱光"
    )
    await compare_by_machine(house, key)
    return fill


async def compare_by_machine(house: House, fill_id: UUID) -> None:
    """Write what engines and card reader say of the person of a fill's check."""
    check = await IdentityCheck.get(fill_id=fill_id)
    check.findings = [FINDING]
    await check.save(update_fields=["findings"])
    await IdentityImage.create(
        check_row=check,
        kind=CARD,
        reading=CardReading.UNREAD,
        matched="NUMBER,NAME",
        unread_reason="BLURRED",
        reader="示例",
        image_key="",
        sha256="0" * 64,
        kept_until=house.now().date(),
    )


@pytest.fixture(scope="module")
async def fills(house: House, clients: dict[str, Client]) -> dict[str, str]:
    """One fill that is to be put into the open and the unsold states, and one that was settled."""
    way = walkers(house)
    unsettled = await bought_by_family(house, way, clients)
    settled = await bought_by_family(house, way, clients)
    digest = await clients["family"].execute(
        "query F($id: UUID!) { fill(id: $id) { feeListSha256 } }", settled
    )
    await clients["family"].do(
        documents.SIGN, fillId=settled["id"], feeListSha256=digest["fill"]["feeListSha256"], signature="x"
    )
    preview = await way.preview(settled["id"])
    await way.settle(settled["id"], preview["digest"])
    payment = await a_payment(house, settled["id"])
    case = await clients["patient"].do(COMPLAIN, fillId=settled["id"], kind="SERVICE", text=COMPLAINT)
    return {
        "open": unsettled["id"],
        "sold": settled["id"],
        "unsold": unsettled["id"],
        "case": case["id"],
        "payment": payment,
    }


async def wrongs(house: House, clients: dict[str, Client], fills: dict[str, str], state: FillState) -> Json:
    """Whatever is not as the table says with the fill in this state, by caller."""
    kind = kind_of(state)
    await Fill.filter(id=UUID(fills[kind])).update(state=state)
    truth = await everything(house, clients["patient"], fills[kind])
    wrong: Json = {}
    for name in NOT_FOUND:
        body = await post(clients[name], QUERY, {"id": fills[kind]})
        if codes_of(body) != ["NOT_FOUND"]:
            wrong[name] = body
    for role, names in ROLES.items():
        for name in names:
            body = await post(clients[name], QUERY, {"id": fills[kind]})
            if body.get("errors") or (cells := list(wrong_cells(body["data"], truth, role, kind))):
                wrong[name] = body.get("errors") or cells
    return wrong


def codes_of(body: Json) -> list[str]:
    """The codes of the errors of an answer."""
    return [error["extensions"]["code"] for error in body.get("errors", [])]


@pytest.mark.parametrize("state", FillState, ids=str)
async def test_each_caller_sees_of_a_person_what_the_table_says(
    house: House, clients: dict[str, Client], fills: dict[str, str], state: FillState
) -> None:
    assert await wrongs(house, clients, fills, state) == {}


async def everything(house: House, patient: Client, fill_id: str) -> Json:
    """What there is to see: what the patient is shown, with the numbers that nobody is."""
    data = await patient.execute(QUERY, {"id": fill_id})
    for name, psn_no in (("member", FUJIAN.patient), ("buyer", cast.FUJIAN_PATIENT_FAMILY)):
        row = await Member.get(id=member_id(psn_no))
        context = f"member:{row.id}".encode()
        data["fill"][name]["name"] = house.tools.keys.decrypt_text(bytes(row.name_sealed), context=context)
        number = house.tools.keys.decrypt_text(bytes(row.id_number_sealed), context=context)
        data["fill"][name]["idNumberMasked"] = number
    return data


async def test_there_is_something_to_see_in_every_row(
    house: House, clients: dict[str, Client], fills: dict[str, str]
) -> None:
    """A table over empty fields would show nothing."""
    await Fill.filter(id=UUID(fills["sold"])).update(state=FillState.SETTLED)
    truth = await everything(house, clients["patient"], fills["sold"])
    empty = {path for path in TABLE if not any(values_at(truth, one) for one in CELLS if matches(path, one))}

    assert empty <= {"fill.settlement.statement.unpaidReasons.*"}


async def test_nobody_sees_nothing(house: House, fills: dict[str, str]) -> None:
    body = {"query": QUERY, "variables": {"id": fills["sold"]}}

    answer = await house.http.post(f"{house.url}/graphql", json=body)

    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("state", UNSOLD, ids=str)
async def test_a_pharmacy_that_sold_nothing_does_not_find_the_prescription(
    clients: dict[str, Client], fills: dict[str, str], state: FillState
) -> None:
    await Fill.filter(id=UUID(fills["unsold"])).update(state=FillState.REQUESTED)
    query = "query F($id: UUID!) { fill(id: $id) { prescription { id } } }"
    key = (await clients["pharmacy"].execute(query, {"id": fills["unsold"]}))["fill"]["prescription"]["id"]
    await Fill.filter(id=UUID(fills["unsold"])).update(state=state)

    body = await post(
        clients["pharmacy"], "query P($id: UUID!) { prescription(id: $id) { diagnosis } }", {"id": key}
    )
    listed = await clients["pharmacy"].execute("{ prescriptions { edges { node { id } } } }")

    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert key not in str(listed)


async def wrong_doors(clients: dict[str, Client], fills: dict[str, str]) -> Json:
    """Ways to the patient's things other than the fill that are open to whom they should not be."""
    query = "query F($id: UUID!) { fill(id: $id) { prescription { id } settlement { id } } }"
    found = (await clients["patient"].execute(query, {"id": fills["sold"]}))["fill"]
    plain = {name: fills[name] for name in ("case", "payment")}
    ids = {"fill": fills["sold"], **plain, **{name: one["id"] for name, one in found.items()}}
    patient = str(member_id(FUJIAN.patient))
    await Fill.filter(id=UUID(fills["open"])).update(state=FillState.REQUESTED)
    waiting = (
        await clients["patient"].execute(query.replace("settlement { id }", ""), {"id": fills["open"]})
    )["fill"]
    code = f'showPickupCode(input: {{prescriptionId: "{waiting["prescription"]["id"]}"}}) {{ __typename }}'
    doors = [
        *(
            (name, f'{{ {what}(id: "{key}") {{ id }} }}', "NOT_FOUND")
            for what, key in ids.items()
            for name in NOT_FOUND
        ),
        ("stranger", f'{{ member(id: "{patient}") {{ name }} }}', "NOT_FOUND"),
        ("stranger", f'{{ patientEventCursor(memberId: "{patient}") }}', "NOT_FOUND"),
        ("watcher", f"mutation {{ {code} }}", "FORBIDDEN"),
    ]
    wrong = {}
    for name, query, wanted in doors:
        body = await post(clients[name], query)
        if codes_of(body) != [wanted]:
            wrong[f"{name}: {query}"] = body
    return wrong


async def test_no_other_way_leads_to_the_patients_things(
    clients: dict[str, Client], fills: dict[str, str]
) -> None:
    assert await wrong_doors(clients, fills) == {}


READS_A_COMPLAINT = {
    "patient": COMPLAINT,
    "family": "NOT_FOUND",
    "watcher": "NOT_FOUND",
    "hospital": "NOT_FOUND",
    "pharmacy": None,
    "pharmacist": None,
    "service": None,
    "agency": COMPLAINT,
    "supervisor": COMPLAINT,
    **dict.fromkeys(NOT_FOUND, "NOT_FOUND"),
}


async def test_no_hospital_sees_what_was_given_back(house: House, clients: dict[str, Client]) -> None:
    way = walkers(house)
    settlement = await Settlement.get(fill_id=(await settled_fill(way))["id"])
    given = {"settlementId": str(settlement.id), "goods": "WRITTEN_OFF", "reason": "患者退药"}
    await way.pharmacy.do(REVERSE, **given)
    query = """query S($id: UUID!) { settlement(id: $id) {
      reversals { number refund { total } effects { fundTotal } } standing { total } } }"""

    seen = {
        name: (await clients[name].execute(query, {"id": given["settlementId"]}))["settlement"]
        for name in ("patient", "pharmacy", "hospital", "agency")
    }

    assert {name: shown["reversals"][0]["refund"] is None for name, shown in seen.items()} == {
        "patient": False,
        "pharmacy": False,
        "hospital": True,
        "agency": False,
    }
    assert seen["hospital"]["standing"] is None
    assert seen["hospital"]["reversals"][0]["effects"] == []


async def test_who_reads_a_complaint(clients: dict[str, Client], fills: dict[str, str]) -> None:
    found = {}
    for name in READS_A_COMPLAINT:
        body = await post(clients[name], f'{{ case(id: "{fills["case"]}") {{ complaint }} }}')
        found[name] = codes_of(body)[0] if body.get("errors") else body["data"]["case"]["complaint"]

    assert found == READS_A_COMPLAINT
    assert set(found) == set(clients) - {"nobody"}


async def test_who_sees_a_familys_grants(clients: dict[str, Client]) -> None:
    """The two sides of each, and no third."""
    query = "{ member { id } familyGrants { edges { node { owner { id } proxy { id } } } } }"
    seen = {}
    for name in ("patient", "family", "watcher", "stranger"):
        data = await clients[name].execute(query)
        sides = [{one["node"][side]["id"] for side in one["node"]} for one in data["familyGrants"]["edges"]]
        seen[name] = (len(sides) > 0, all(data["member"]["id"] in both for both in sides))

    assert seen == dict.fromkeys(seen, (True, True))


@pytest.mark.parametrize("mutant", list(mutants()), ids=str)
async def test_a_line_less_in_the_access_code_is_noticed(
    house: House, clients: dict[str, Client], fills: dict[str, str], mutant: Mutant
) -> None:
    with in_place(mutant):
        is_noticed = bool(await wrong_doors(clients, fills))
        for state in (FillState.DECLINED, FillState.SETTLED):
            is_noticed = is_noticed or bool(await wrongs(house, clients, fills, state))

    assert is_noticed, f"without line {mutant} every cell is as before"


def test_the_lines_that_hold_somebody_back_are_found() -> None:
    assert len(list(mutants())) >= 24
