"""Documents that are built to hurt are refused before anything is executed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.main import schema
from bench.hostile_documents import HOSTILE, Hostile
from ops.embedded import EngineUrls
from tests.api.door import make_door

NEW = {"accept": "application/graphql-response+json"}


@pytest.fixture(scope="module")
async def product(
    engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the product's schema, without a database behind it."""
    door = make_door(tmp_path_factory.mktemp("door"), engines.redis_url, schema=schema())
    async with door.client(**NEW) as client:
        yield client


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
async def test_refuses_what_is_built_to_hurt(product: httpx.AsyncClient, hostile: Hostile) -> None:
    answer = await product.post(
        "/graphql", json={"query": hostile.document, "variables": dict(hostile.variables)}
    )

    assert answer.status_code == 400
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {hostile.code}
    assert "data" not in answer.json()
    assert len(answer.content) < 10_000
