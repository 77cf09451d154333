"""API, worker and database killed with -9 at random moments under load (断电风暴).

python -m bench.storm [--kills 50] [--what api,worker,database] [--seed 4]
python -m bench.storm --shelf [--kills 20] [--seed 4]

Orders are settled, taken back and left to lapse; after each kill everything is looked at, and in the end
everybody asks again under every key. With `--shelf` patients fight for the last boxes, and only the API dies.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from tests.storm.crashes import MortalServer
from tests.storm.everything import EVERYTHING, tempest
from tests.storm.holding import rage
from tests.storm.killed import seen_past_the_api
from tests.world import prepare


async def shelf(urls: EngineUrls, home: Path, kills: int, seed: int) -> None:
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


async def everything(redis_url: str, home: Path, given: argparse.Namespace) -> None:
    """Kill, look at every figure, ask again under every key; an assertion stops it where one is wrong."""
    what = [one for one in given.what.split(",") if one]
    with MortalServer(home / "mortal") as server:
        url = await create_database(server.url, "storm")
        await prepare(url)
        start = perf_counter()
        async with seen_past_the_api(url):
            urls = EngineUrls(url, redis_url)
            found, outcome = await tempest(
                url, urls, home, server.crash, kills=given.kills, what=what, seed=given.seed
            )
    spent = perf_counter() - start
    killed = ", ".join(f"{many} times the {one}" for one, many in found.killed.most_common())
    print(f"{given.kills} kills in {spent:.0f} s: {killed}")
    print(
        f"{len(found.heard)} answers, {found.storm.lost} lost replies and {found.storm.told_to_wait} "
        f"of 'come again' asked for again, {found.storm.heard} heard in all"
    )
    print(
        f"{len(outcome.ids)} settlements and reversals, {len(outcome.reversed)} taken back, "
        f"{len(outcome.lapsed)} lapsed: each whole and once, after each kill"
    )
    print(
        "books, accounts, accumulators, stock and holds add up; the audit's chain holds; every key its answer"
    )


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--what", default=",".join(EVERYTHING))
    parser.add_argument("--shelf", action="store_true")
    given = parser.parse_args()
    given.kills = given.kills or (20 if given.shelf else 50)
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            if given.shelf:
                asyncio.run(shelf(urls, Path(home), given.kills, given.seed))
            else:
                asyncio.run(everything(urls.redis_url, Path(home), given))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
