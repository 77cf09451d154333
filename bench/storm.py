"""The API killed with -9 at random moments while patients fight for the last boxes (断电风暴).

python -m bench.storm [--kills 20] [--seed 4]
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from tests.storm.holding import rage
from tests.storm.killed import seen_past_the_api
from tests.world import prepare


async def storm(urls: EngineUrls, home: Path, kills: int, seed: int) -> None:
    """Kill, look at every box, ask again under every key; an assertion stops it where a figure is wrong."""
    url = await create_database(urls.database_url, "storm")
    await prepare(url)
    start = perf_counter()
    async with seen_past_the_api(url):
        holding = await rage(url, urls, home, kills, seed)
    said = Counter("done" if isinstance(sent.answer, dict) else sent.answer[0] for sent in holding.heard)
    print(
        f"{kills} kills in {perf_counter() - start:.0f} s, {holding.storm.lost} lost replies asked for again"
    )
    print(f"{len(holding.heard)} answers: {', '.join(f'{many} {word}' for word, many in said.most_common())}")
    print("on hand = movements, held = live fills' holds, available >= 0 after each; every key its answer")


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            asyncio.run(storm(urls, Path(home), given.kills, given.seed))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
