"""A database restored to an earlier moment, whose events go on at numbers nobody has heard (恢复之后)."""

import re

from ops import road_documents as documents
from ops.databases import connected
from ops.processes import PROJECT
from ops.road import FUJIAN
from tests.house import House

CURSOR = "{ patientEventCursor }"


def documented(beginning: str) -> str:
    """The statement of docs/operations.md that begins so."""
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"`({re.escape(beginning)}[^`]*)`", page)
    assert found is not None
    return found[1]


async def test_who_comes_back_with_an_old_cursor_is_told_to_read_anew_before_and_after_news(
    own_house: House,
) -> None:
    async with own_house.road(FUJIAN) as way:
        await way.upload()
        kept = (await way.patient.execute(CURSOR))["patientEventCursor"]
        async with connected(own_house.database_url) as connection:
            await connection.execute(documented("UPDATE topic"))

        fresh = (await way.patient.execute(CURSOR))["patientEventCursor"]
        async with way.patient.listen(documents.PATIENT_EVENTS, {"after": kept}) as early:
            told = [await early.until("ERROR")]
        await way.upload()
        async with way.patient.listen(documents.PATIENT_EVENTS, {"after": kept}) as late:
            told.append(await late.until("ERROR"))
        async with way.patient.listen(documents.PATIENT_EVENTS, {"after": fresh}) as anew:
            heard = await anew.until("PRESCRIPTION_ISSUED")

    assert [one["errors"][0]["extensions"]["code"] for one in told] == ["CURSOR_TOO_OLD"] * 2
    assert heard["sequence"] > 1_000_000
