"""Lists read the selected columns alone, and show what they would show of whole rows."""

from typing import Any

import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from models import AuditEntry, fetching
from ops.client import Client, Json
from ops.road import Road
from schema import listing
from schema.prescription import Prescription
from schema.shown import SHOWN
from services.reading import READ
from tests.access.callers import callers
from tests.house import House
from tests.schema.statements import counted
from tests.services.stage import ready_fill, settled_fill, walkers

LINE = "lines { number quantity drug { genericName listClass } }"
NODES = {
    "prescriptions": (
        "id",
        "__typename",
        f"rxNo state visitKind expiresAt hospital {{ name kind tier }} {LINE}",
        "doctor { name } member { id name }",
        "hospital { name position { longitude } } lines { drug { unitsPerPackage restriction } }",
        "hospital { __typename } lines { __typename drug { __typename } }",
        "id lines { id fate { pharmacyName state isSettled } }",
        "id fills { id state lines { quantity } } lines { number dispensedAt }",
        "rxNo ... on Prescription { lines { number } } ...More",
        "lines @skip(if: true) { number } a: lines { number } b: lines { drug { code } } hospital { name }",
        "issuedAt uploadedAt revokedAt diseaseCode diagnosis benefit lines { dose timesPerDay route days }",
    ),
    "fills": (
        "id state requestedAt declineReason",
        "state pharmacy { name delivers } lines { price quantity traceCodes drug { genericName } }",
        "isProxy pharmacy { name openingHours { weekday opens } } lines { standsFor { code } }",
        "feeListSha256 member { name } buyer { name } deliveryAddress queries { question }",
        "pharmacy { openingHours { closes } position { latitude } } prescription { rxNo lines { number } }",
        "settlement { number } payments { id } identityChecks { verdict } reviewedAt readyAt",
    ),
}
MORE = "fragment More on Prescription { state lines { quantity drug { form } } }"
AROUND = ("edges { NODE }", "edges { cursor NODE }", "pageInfo { hasNextPage endCursor } edges { NODE }")
EVERY = [(field, node) for field, nodes in NODES.items() for node in nodes]


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """A patient with prescriptions in several states, and their fills."""
    way = walkers(house)
    await settled_fill(way)
    await ready_fill(way)
    await ready_fill(way)
    await way.upload()
    return way


def signed_in(house: House) -> dict[str, Client]:
    """A client of every kind of caller."""
    return {name: client for name, client in callers(house).items() if client.token}


def document(field: str, node: str, around: str = AROUND[0], first: int = 2) -> str:
    """A document that asks for a list."""
    inner = around.replace("NODE", f"node {{ {node} }}")
    return f"query L {{ {field}(first: {first}) {{ {inner} }} }} {MORE if '...More' in node else ''}"


async def answer(client: Client, text: str, **headers: str) -> Json:
    """The whole answer but for what it costs."""
    said = await client.http.post(
        f"{client.url}/graphql", json={"query": text}, headers={**client.headers, **headers}
    )
    return {name: value for name, value in said.json().items() if name != "extensions"}


@pytest.mark.parametrize(("field", "node"), EVERY)
async def test_everybody_is_shown_what_whole_rows_would_show(
    way: Road, house: House, field: str, node: str
) -> None:
    shown: list[str] = []
    for name, client in signed_in(house).items():
        around = AROUND[len(shown) % len(AROUND)]
        text = document(field, node, around)

        narrow = await answer(client, text)

        assert narrow == await answer(client, text, **{"X-Gql-Engine": "reference"}), name
        shown.append(str(narrow))
    assert len(set(shown)) > 2, "all are shown the same: the world is too small"


@pytest.mark.parametrize("field", NODES)
async def test_a_page_after_a_cursor_goes_on_where_the_other_way_of_reading_stopped(
    way: Road, field: str
) -> None:
    text = document(field, "id", "pageInfo { endCursor } edges { cursor NODE }", first=1)
    seen: list[str] = []
    after = ""
    for headers in ({}, {"X-Gql-Engine": "reference"}, {}):
        page = (await answer(way.patient, text.replace("first: 1", f"first: 1{after}"), **headers))["data"][
            field
        ]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["edges"][0]["cursor"] == page["pageInfo"]["endCursor"]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'

    assert len(set(seen)) == len(seen) >= 2


async def test_only_the_selected_columns_are_read(way: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    text = document("prescriptions", f"rxNo hospital {{ name }} {LINE}")

    with counted(monkeypatch) as statements:
        await way.patient.execute(text)

    _, page, lines = statements
    assert '"rx_no"' in page
    assert '"prescription__hospital"."name"' in page
    assert "diagnosis" not in page
    assert "address" not in page
    assert '"quantity"' in lines
    assert "dose" not in lines


async def test_who_reads_a_list_is_on_record_whatever_columns_are_read(way: Road, house: House) -> None:
    hospital = callers(house)["hospital"]
    found = []
    for headers in ({}, {"X-Gql-Engine": "reference"}):
        before = await AuditEntry.filter(verb=READ).count()

        await answer(hospital, document("prescriptions", "lines { number }"), **headers)

        entries = await AuditEntry.filter(verb=READ).order_by("-at", "-id")
        found.append([(entry.member_id, entry.things) for entry in entries[: len(entries) - before]])
    assert found[0] == found[1]
    assert {things for _, things in found[0]} == {"PRESCRIPTION"}


@pytest.mark.parametrize("field", NODES)
async def test_nobody_holds_a_connection_and_waits_for_another(
    way: Road, house: House, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    original = AsyncpgDBClient.acquire_connection

    def acquired(client: Any) -> Any:
        block = fetching._together.get()
        # tasks that a block has started know it too: the block may be waiting for them
        assert block is None or block._connection is None
        return original(client)

    monkeypatch.setattr(AsyncpgDBClient, "acquire_connection", acquired)
    for client in signed_in(house).values():
        for node in NODES[field]:
            assert "INTERNAL" not in str(await answer(client, document(field, node)))


async def test_what_a_document_asks_is_looked_at_once(way: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    original = listing.look

    def look(*arguments: Any) -> Any:
        looked.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(listing, "look", look)
    text = document("prescriptions", "rxNo visitNo")
    for _ in range(3):
        await way.patient.execute(text)

    assert len(looked) == 1


async def test_no_more_documents_are_kept_than_there_is_room_for(
    way: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "KEPT_MAX", 3)
    monkeypatch.setattr(listing, "_asked", type(listing._asked)())
    for number in range(5):
        await way.patient.execute(document("prescriptions", f"a{number}: rxNo"))

    assert len(listing._asked) == 3


async def test_documents_that_ask_for_the_same_columns_share_their_statements(
    way: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = (
        "rxNo hospital { name tier } doctor { name } lines { number days }",
        "doctor { name } lines { days number } hospital { tier name } rxNo",
    )
    sent = []
    for text in texts:
        with counted(monkeypatch) as statements:
            await way.patient.execute(document("prescriptions", text))
        sent.append(statements)

    assert sent[0] == sent[1]


def test_every_type_that_shows_rows_knows_what_its_fields_need(way: Road) -> None:
    assert {"rxNo", "secondsLeft", "hospital", "lines", "fills"} <= set(SHOWN[Prescription].parts)
    for known in SHOWN.values():
        assert known.columns
        for name, part in known.parts.items():
            assert set(part.columns) <= set(known.columns), (known.kind, name)
