"""A house whose money comes from the stand-in, and the worker's hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engines.http_payments import HttpPayments
from ops.embedded import EngineUrls
from ops.payment_stand_in import KEY, MERCHANT, NAME, PATIENCE, StandIn, stand_in
from ops.road import FUJIAN
from policy.terms import Role
from tests.house import House, open_house
from tests.payments.till import Till

RECORD_STOCK = "mutation R($input: RecordStockInput!) { recordStock(input: $input) { __typename } }"


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[StandIn]:
    """What speaks as a provider does."""
    async with stand_in() as found:
        yield found


@pytest.fixture(scope="module")
async def shop(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory, provider: StandIn
) -> AsyncIterator[House]:
    """A house that takes payments at the stand-in."""
    folder: Path = tmp_path_factory.mktemp("shop")
    payments = HttpPayments(NAME, provider.url, MERCHANT, KEY, "https://yaolu.invalid", seconds=PATIENCE)
    async with open_house(module_database, engines.redis_url, folder, payments=payments) as opened:
        await fill_shelves(opened)
        yield opened


async def fill_shelves(house: House) -> None:
    """Enough of every drug for all the tests of a module."""
    entries = [{"drugCode": line.drug_code, "kind": "PURCHASE", "quantity": "5000"} for line in FUJIAN.lines]
    await house.client(Role.PHARMACY, FUJIAN.pharmacy).do(RECORD_STOCK, entries=entries)


@pytest.fixture
def till(shop: House, provider: StandIn) -> Till:
    """The counter, with a provider in good order."""
    provider.misbehaves, provider.is_refund_slow, provider.before_answer = "", False, None
    return Till(shop, provider)
