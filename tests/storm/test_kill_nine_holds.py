"""The API is killed with -9 while patients fight for the last boxes: no box is lost or promised twice."""

from pathlib import Path

from ops.embedded import EngineUrls
from tests.storm.holding import rage

KILLS = 3
"""`python -m bench.storm` kills twenty times."""


async def test_a_killed_api_leaves_every_hold_whole_or_absent_and_no_answer_is_lost(
    tables: None, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    holding = await rage(database, engines, tmp_path, KILLS)

    answers = [sent.answer for sent in holding.heard]
    assert ("STOCK_SHORT",) in answers
    assert any(isinstance(answer, dict) for answer in answers)
    assert holding.storm.lost > 0
