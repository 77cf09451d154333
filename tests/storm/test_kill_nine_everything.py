"""API, worker and database are killed with -9 under load: nothing is half done, and nobody was told a lie."""

import os
from functools import partial
from pathlib import Path

from ops.embedded import EngineUrls
from tests.storm.crashes import kill_a_backend, lose_nothing
from tests.storm.everything import API, EVERYTHING, WORKER, tempest

WHAT = (API, WORKER) if os.environ.get("DATABASE_URL") else EVERYTHING
"""Somebody else's server is not killed. `python -m bench.storm` kills fifty times, and its own server."""


async def test_what_is_killed_leaves_everything_whole_and_every_answer_true(
    tables: None, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    await lose_nothing(database)

    found, outcome = await tempest(
        database, engines, tmp_path, partial(kill_a_backend, database), kills=len(WHAT), what=WHAT
    )

    assert len(outcome.reversed) == len(found.returned)
    assert len(outcome.lapsed) == len(found.lapsing)
    assert found.storm.lost > 0
