"""A house whose mini-program asks the stand-in, and phones."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.embedded import EngineUrls
from tests.house import House, open_house
from tests.sessions.phone import Phone
from tests.sessions.wechat import Wechat, wechat


@pytest.fixture(scope="module")
async def stand_in() -> AsyncIterator[Wechat]:
    """What speaks as WeChat does."""
    async with wechat() as found:
        yield found


@pytest.fixture(scope="module")
async def home(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory, stand_in: Wechat
) -> AsyncIterator[House]:
    """A house whose mini-program asks the stand-in."""
    folder: Path = tmp_path_factory.mktemp("home")
    async with open_house(module_database, engines.redis_url, folder, stand_in.url) as opened:
        yield opened


@pytest.fixture
def phone(home: House, stand_in: Wechat) -> Phone:
    """A phone that was never seen before."""
    stand_in.misbehaves = ""
    home.later(minutes=11)
    return Phone(home, stand_in)
