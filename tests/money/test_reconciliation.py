"""A pharmacy's own figures beside the house's: totals, line by line, by file; reversals below zero."""

import json
from typing import Any

import httpx
import pytest

from ops.client import Client, Json, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from tests.house import House
from tests.money.words import lines, reverse
from tests.road.walk import Walk

AMOUNTS = "{ total fundTotal account familyAccount cash }"
TOTALS = f"""
query Totals($input: ReconcileTotalsInput!) {{
  reconcileTotals(input: $input) {{
    result nationalCode differing here {{ settlements reversals amounts {AMOUNTS} }}
  }}
}}"""
DETAILS = f"""
query Details($input: ReconcileDetailsInput!) {{
  reconcileDetails(input: $input) {{
    equal onlyHere onlyThere different
    lines {{ number result differing here {AMOUNTS} there {AMOUNTS} }}
  }}
}}"""
PAID = ("total", "fundTotal", "account", "familyAccount", "cash")


@pytest.fixture(scope="module")
async def day(house: House) -> list[tuple[str, Json]]:
    """A day at the counter: two settlements, one of them taken back in part; as the pharmacy keeps it."""
    walk = Walk(house, FUJIAN)
    kept = []
    for _ in range(2):
        settlement = await walk.settle(await walk.prepare(await walk.upload()))
        kept.append((settlement["number"], {name: settlement["statement"][name] for name in PAID}))
    reversal = await reverse(walk.counter(), settlement, lines=lines(1))
    kept.append((reversal["number"], {name: minus(reversal["refund"][name]) for name in PAID}))
    return kept


def minus(amount: str) -> str:
    """The amount below zero."""
    return amount if amount == "0.00" else f"-{amount}"


def period(house: House, **more: Any) -> Json:
    """The house's day."""
    today = shanghai_day(house.now()).isoformat()
    return {"since": today, "until": today, **more}


async def totals(client: Client, house: House, **given: Any) -> Json:
    """Compare totals."""
    data = await client.execute(TOTALS, {"input": {"period": period(house), **given}})
    found: Json = data["reconcileTotals"]
    return found


async def details(client: Client, house: House, kept: list[tuple[str, Json]], **more: Any) -> Json:
    """Compare line by line."""
    sent = [{"number": number, "amounts": amounts} for number, amounts in kept]
    given = {"period": period(house), "lines": sent, **more}
    found: Json = (await client.execute(DETAILS, {"input": given}))["reconcileDetails"]
    return found


async def test_totals_agree_with_reversals_taken_off(house: House, day: list[tuple[str, Json]]) -> None:
    counter = Walk(house, FUJIAN).counter()
    here = (await totals(counter, house, settlements=0, amounts={}))["here"]

    same = await totals(counter, house, settlements=2, reversals=1, amounts=here["amounts"])

    assert (here["settlements"], here["reversals"]) == (2, 1)
    assert (same["result"], same["nationalCode"], same["differing"]) == ("EQUAL", "000000", [])


@pytest.mark.parametrize(
    ("settlements", "amounts", "result", "code", "differing"),
    [
        (3, {}, "ONLY_THERE", "000102", ["settlements"]),
        (1, {}, "ONLY_HERE", None, ["settlements"]),
        (2, {"fundTotal": "0.01"}, "DIFFERENT", "000103", ["fund_total"]),
    ],
    ids=["机构多", "平台多", "金额不符"],
)
async def test_totals_that_differ_say_how(
    house: House,
    day: list[tuple[str, Json]],
    settlements: int,
    amounts: Json,
    result: str,
    code: str | None,
    differing: list[str],
) -> None:
    counter = Walk(house, FUJIAN).counter()

    found = await totals(counter, house, settlements=settlements, reversals=1, amounts=amounts)

    assert (found["result"], found["nationalCode"], found["differing"]) == (result, code, differing)


async def test_lines_that_agree_are_counted_and_shown_on_request(
    house: House, day: list[tuple[str, Json]]
) -> None:
    counter = Walk(house, FUJIAN).counter()

    short = await details(counter, house, day)
    long = await details(counter, house, day, withEqual=True)

    assert (short["equal"], short["onlyHere"], short["onlyThere"], short["different"]) == (3, 0, 0, 0)
    assert short["lines"] == []
    assert {line["result"] for line in long["lines"]} == {"EQUAL"}
    assert len(long["lines"]) == 3


async def test_every_line_that_differs_says_how(house: House, day: list[tuple[str, Json]]) -> None:
    counter = Walk(house, FUJIAN).counter()
    (first, amounts), *_ = day
    sent = [(first, amounts | {"cash": "0.01"}), ("X-1", amounts)]

    found = await details(counter, house, sent)

    assert (found["equal"], found["onlyHere"], found["onlyThere"], found["different"]) == (0, 2, 1, 1)
    by_number = {line["number"]: line for line in found["lines"]}
    assert by_number[first]["differing"] == ["cash"]
    assert by_number["X-1"]["here"] is None
    assert by_number[day[2][0]]["there"] is None
    assert by_number[day[2][0]]["here"]["total"].startswith("-")


@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["逗号", "制表符"])
async def test_a_file_says_the_same(house: House, day: list[tuple[str, Json]], delimiter: str) -> None:
    counter = Walk(house, FUJIAN).counter()
    rows = [["number", "total", "fund_total", "account", "cash"]]
    rows += [[number, one["total"], one["fundTotal"], one["account"], "null"] for number, one in day]
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)

    found = await sent_as_file(counter, house, text.encode())

    assert (found["equal"], found["lines"]) == (3, [])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"number,total\nA,1", "fund_total"),
        (b"number,total,fund_total,account\nA,1.001,1,1", "1.001"),
        (b"number,total,fund_total,account\nA,1,1,1\nA,1,1,1", "重复"),
        (b"number,total,fund_total,account\n,1,1,1", "number"),
        ("number,total,fund_total,account\n编,1,1,1".encode("gbk"), "UTF-8"),
        (b"", "number"),
    ],
    ids=["缺列", "金额过细", "重复", "无单号", "编码", "空文件"],
)
async def test_a_bad_file_says_where(house: House, text: bytes, word: str) -> None:
    with pytest.raises(RequestFailed) as failed:
        await sent_as_file(Walk(house, FUJIAN).counter(), house, text)

    (error,) = failed.value.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert word in error["message"]


async def test_another_pharmacy_has_its_own_books(house: House, day: list[tuple[str, Json]]) -> None:
    other = Walk(house, FUJIAN).counter(cast.FUJIAN_PHARMACY_OTHER)

    found = await details(other, house, day)

    assert (found["onlyThere"], found["onlyHere"], found["equal"]) == (3, 0, 0)


@pytest.mark.parametrize(
    "span",
    [{"since": "2026-03-02", "until": "2026-03-01"}, {"since": "2026-01-01", "until": "2026-02-01"}],
    ids=["倒置", "过长"],
)
async def test_a_period_is_a_month_at_most(house: House, span: Json) -> None:
    given = {"period": span, "settlements": 0, "amounts": {}}

    with pytest.raises(RequestFailed) as failed:
        await Walk(house, FUJIAN).counter().execute(TOTALS, {"input": given})

    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def sent_as_file(client: Client, house: House, data: bytes) -> Json:
    """Compare with a file, by the GraphQL multipart request."""
    given = {"input": {"period": period(house), "file": None}}
    form = {
        "operations": json.dumps({"query": DETAILS, "variables": given}),
        "map": json.dumps({"0": ["variables.input.file"]}),
    }
    answer: httpx.Response = await client.http.post(
        f"{client.url}/graphql",
        data=form,
        files={"0": ("day.csv", data, "text/csv")},
        headers={**client.headers, "Apollo-Require-Preflight": "1"},
    )
    body: Json = answer.json()
    if body.get("errors"):
        raise RequestFailed(body["errors"])
    found: Json = body["data"]["reconcileDetails"]
    return found
