"""Members' own accounts: what comes in, what goes out, and statements that equal the journal."""

from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import pytest

from ops.client import Client, Json, RequestFailed
from ops.road import FUJIAN
from ops.road_documents import REFUSAL
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import Role
from tests.house import House
from tests.money.words import check_books, figures, reverse
from tests.road.walk import Walk

CREDIT = f"""
mutation Credit($input: CreditAccountsInput!) {{
  creditAccounts(input: $input) {{ ... on CreditedAccounts {{ lastEntryId bookedAt }} {REFUSAL} }}
}}"""
MOVEMENTS = """
query Movements($first: Int!, $after: String) {
  accountMovements(first: $first, after: $after) {
    edges { node { what reference text amount balance bookedAt } }
    pageInfo { hasNextPage endCursor }
  }
}"""
STATEMENT = """
query Statement($since: Date!, $until: Date!) {
  accountStatement(since: $since, until: $until) { carriedOver opening came went closing }
}"""


def agency(house: House) -> Client:
    """The agency of the patient's area."""
    return house.client(Role.AGENCY, cast.FUJIAN_AREA)


def credit(amount: str, psn_no: str = FUJIAN.patient, reference: str | None = None) -> Json:
    """One credit."""
    return {"reference": reference or uuid4().hex, "psnNo": psn_no, "amount": amount}


async def movements(client: Client, first: int = 50, after: str | None = None) -> Json:
    """A page of movements."""
    found: Json = (await client.execute(MOVEMENTS, {"first": first, "after": after}))["accountMovements"]
    return found


async def balance(psn_no: str) -> Decimal:
    """What a member's account holds."""
    return Decimal((await figures(psn_no, FUJIAN.pharmacy))["account"])


async def test_money_comes_in_once_by_its_reference(house: House) -> None:
    had = await balance(FUJIAN.patient)
    entry = credit("120.50")

    for _ in range(2):
        await agency(house).do(CREDIT, entries=[entry])

    assert await balance(FUJIAN.patient) == had + Decimal("120.50")
    with pytest.raises(RequestFailed) as failed:
        await agency(house).do(CREDIT, entries=[entry | {"amount": "120.51"}])
    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    await check_books()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0.00"}, "BAD_USER_INPUT"),
        ({"amount": "-1.00"}, "BAD_USER_INPUT"),
        ({"reference": " "}, "BAD_USER_INPUT"),
        ({"reference": "x" * 41}, "BAD_USER_INPUT"),
        ({"psnNo": cast.SHANXI_PATIENT}, "NOT_FOUND"),
        ({"psnNo": cast.FUJIAN_RESIDENT}, "BAD_USER_INPUT"),
    ],
    ids=["零", "负数", "无单号", "单号过长", "外统筹区", "没有个人账户"],
)
async def test_one_bad_credit_keeps_all_out(house: House, change: Json, code: str) -> None:
    had = await balance(FUJIAN.patient)

    with pytest.raises(RequestFailed) as failed:
        await agency(house).do(CREDIT, entries=[credit("10.00"), credit("1.00") | change])

    assert failed.value.errors[0]["extensions"]["code"] == code
    assert await balance(FUJIAN.patient) == had


async def test_a_patient_sees_every_movement_with_the_balance_after_it(house: House) -> None:
    walk = Walk(house, FUJIAN)
    await agency(house).do(CREDIT, entries=[credit("30.00")])
    settlement = await walk.settle(await walk.prepare(await walk.upload()))
    reversal = await reverse(walk.counter(), settlement)
    now = await balance(FUJIAN.patient)
    paid = settlement["statement"]["account"]

    rows = [edge["node"] for edge in (await movements(walk.patient))["edges"]]

    first, second, third = rows[:3]
    assert (first["what"], first["reference"], first["amount"]) == ("冲正退回", reversal["number"], paid)
    assert (second["reference"], second["amount"]) == (settlement["number"], f"-{paid}")
    assert (third["what"], third["amount"]) == ("划入", "30.00")
    assert Decimal(first["balance"]) == now
    for later, earlier in pairwise(rows):
        assert Decimal(later["balance"]) - Decimal(later["amount"]) == Decimal(earlier["balance"])
    assert Decimal(rows[-1]["balance"]) == Decimal(rows[-1]["amount"])


async def test_pages_of_movements_join_without_a_gap(house: House) -> None:
    walk = Walk(house, FUJIAN)
    await agency(house).do(CREDIT, entries=[credit("1.00") for _ in range(5)])
    whole = [edge["node"] for edge in (await movements(walk.patient))["edges"]]

    joined: list[Json] = []
    after = None
    while True:
        page = await movements(walk.patient, 2, after)
        joined += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert joined == whole


async def test_a_statement_opens_closes_and_adds_up(house: House) -> None:
    walk = Walk(house, FUJIAN)
    today = shanghai_day(house.now()).isoformat()

    year = await walk.patient.execute(STATEMENT, {"since": "2026-01-01", "until": today})
    day = await walk.patient.execute(STATEMENT, {"since": today, "until": today})

    found, of_day = year["accountStatement"], day["accountStatement"]
    assert Decimal(found["opening"]) == 0
    assert Decimal(found["closing"]) == await balance(FUJIAN.patient) == Decimal(of_day["closing"])
    assert Decimal(of_day["opening"]) + Decimal(of_day["came"]) - Decimal(of_day["went"]) == Decimal(
        of_day["closing"]
    )
    with pytest.raises(RequestFailed):
        await walk.patient.execute(STATEMENT, {"since": today, "until": "2026-01-01"})


async def test_who_has_no_account_has_no_movements(house: House) -> None:
    resident = house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)

    page = await movements(resident)
    statement = await resident.execute(STATEMENT, {"since": "2026-01-01", "until": "2026-01-31"})

    assert page == {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert set(statement["accountStatement"].values()) == {"0.00"}
