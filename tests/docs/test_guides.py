"""Every GraphQL block of the guides does what its guide says, on the sample world."""

import re
from pathlib import Path
from typing import Any

import pytest

from ops.client import Client, Json, Refused, RequestFailed
from policy.terms import Role
from tests.docs.guide import GUIDES, Block, GuideError, Kept, blocks, count_fences
from tests.docs.meanwhile import MEANWHILE, portrait
from tests.house import House

FAILURES = (AssertionError, KeyError, IndexError, TypeError, TimeoutError, RequestFailed, Refused, GuideError)
PAGES = sorted(GUIDES.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
async def test_every_block_of_a_guide_gives_what_the_guide_promises(own_house: House, page: Path) -> None:
    reader = Reader(own_house)

    followed = [await reader.follow(block) for block in blocks(page)]

    assert len(followed) == count_fences(page) > 0, (
        f"{page.name} has fences that are not read; is one indented?"
    )


class Reader:
    """Somebody who follows a guide (读者): sends its blocks in order, keeping what it says to keep."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.kept = Kept()
        self.client: Client | None = None

    async def follow(self, block: Block) -> str:
        """Do what a block and its orders say."""
        try:
            await self._follow(block)
        except FAILURES as error:
            raise AssertionError(f"{block.place}: {error!r}\n{block.document}{block.variables}") from error
        return block.place

    async def _follow(self, block: Block) -> None:
        for said in block.all("as"):
            role, subject = said.split()
            self.client = self.house.client(Role(role), subject)
        for said in block.all("meanwhile"):
            await MEANWHILE[said](self.house, self.kept)
        if kind := block.one("event"):
            await self._listen(block, kind)
            return
        data = await self._answer(block)
        if "again" in dict(block.orders):
            assert await self._answer(block) == data, "sent again, it gave another answer"
        for order in block.all("keep"):
            self.kept.keep(order, data)

    async def _answer(self, block: Block) -> Json:
        variables = self.kept.fill_in(block.variables)
        expected = (block.one("expect") or "").split()
        try:
            data = await self._send(block, variables)
        except RequestFailed as failed:
            codes = [one["extensions"]["code"] for one in failed.errors]
            if expected != ["error", *codes]:
                raise
            return {}
        assert expected[:1] != ["error"], f"no error came, but {data}"
        refused = [one["code"] for result in data.values() for one in violations(result)]
        assert refused == expected[1:], f"refused with {refused}"
        assert {} not in data.values(), "the block selects nothing of what came: has it `... on Refusal`?"
        return data

    async def _send(self, block: Block, variables: dict[str, Any]) -> Json:
        assert self.client is not None, "no <!-- as: ROLE subject --> before"
        if names := block.one("upload"):
            files = {name.strip(): portrait() for name in names.split(",")}
            given = variables["input"]
            result = await self.client.upload(block.document, files, **given)
            return {first_field(block.document): result}
        return await self.client.execute(block.document, variables)

    async def _listen(self, block: Block, kind: str) -> None:
        assert self.client is not None, "no <!-- as: ROLE subject --> before"
        variables = self.kept.fill_in(block.variables)
        async with self.client.listen(block.document, variables) as listener:
            event = await listener.until(kind, seconds=20)
        for order in block.all("keep"):
            self.kept.keep(order, {"event": event})


def first_field(document: str) -> str:
    """The name of the one field that a document asks for."""
    found = re.search(r"\{\s*(\w+)", document)
    assert found is not None
    return found[1]


def violations(result: object) -> list[Json]:
    """What a result refuses."""
    return result.get("violations", []) if isinstance(result, dict) else []
