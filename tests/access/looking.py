"""Looking for what is not as the table of people says (逐格核对): nothing is found where all is well."""

from collections.abc import AsyncIterator
from uuid import UUID

from models import Fill, Member
from ops.client import Client, Json
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import FillState
from tests.access.cells import QUERY, kind_of, wrong_cells
from tests.access.people import NOT_FOUND, ROLES
from tests.house import House
from tests.services.stage import post

Wrong = tuple[str, object]
"""Who or what it is about, and what was there instead."""


async def wrongs(
    house: House, clients: dict[str, Client], fills: dict[str, str], state: FillState
) -> AsyncIterator[Wrong]:
    """Whatever is not as the table says with the fill in this state, by caller."""
    kind = kind_of(state)
    await Fill.filter(id=UUID(fills[kind])).update(state=state)
    truth = await everything(house, clients["patient"], fills[kind])
    for name in NOT_FOUND:
        body = await post(clients[name], QUERY, {"id": fills[kind]})
        if codes_of(body) != ["NOT_FOUND"]:
            yield name, body
    for role, names in ROLES.items():
        for name in names:
            body = await post(clients[name], QUERY, {"id": fills[kind]})
            if body.get("errors") or (cells := list(wrong_cells(body["data"], truth, role, kind))):
                yield name, body.get("errors") or cells


def codes_of(body: Json) -> list[str]:
    """The codes of the errors of an answer."""
    return [error["extensions"]["code"] for error in body.get("errors", [])]


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


async def wrong_doors(clients: dict[str, Client], fills: dict[str, str]) -> AsyncIterator[Wrong]:
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
    for name, query, wanted in doors:
        body = await post(clients[name], query)
        if codes_of(body) != [wanted]:
            yield f"{name}: {query}", body
