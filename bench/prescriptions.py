"""A patient's prescriptions over HTTP (我的处方), beside a bare handler that gives the same rows.

python -m bench.prescriptions [--seconds 3] [--rounds 3]
"""

import argparse
import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.abreast import Question, compare
from bench.standing import standing
from engines.clock import Clock
from ops.client import Client
from ops.embedded import EngineUrls, create_database, discard_engines, embedded_engines
from ops.issuer import DevelopmentIssuer
from ops.road import FUJIAN, prescription_input
from ops.road_documents import UPLOAD
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from policy.terms import Role
from tests.world import prepare

PAGE = 20
HOURS = timedelta(hours=4)
QUERY = """query P($first: Int!) {
  prescriptions(first: $first) {
    edges { node {
      id rxNo state expiresAt hospital { name } lines { number quantity drug { genericName } }
    } }
  }
}"""


def nodes(answer: Any) -> object:
    """What is compared."""
    return answer["data"]["prescriptions"]["edges"]


async def measure(urls: EngineUrls, home: Path, seconds: float, rounds: int) -> None:
    """A page full of prescriptions, asked for again and again."""
    database = await create_database(urls.database_url, "prescriptions")
    await prepare(database)
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(home, now=clock.now)
    async with standing(database, urls, home, clock) as (api,), httpx.AsyncClient(timeout=60) as http:
        hospital = Client(api.address, token_for(Role.HOSPITAL, FUJIAN.hospital, HOURS, makes=issuer), http)
        for _ in range(PAGE + 5):
            await hospital.do(UPLOAD, prescription=prescription_input(FUJIAN, clock.now()))
    token = token_for(Role.PATIENT, FUJIAN.patient, HOURS, makes=issuer)
    variables = {"first": PAGE, "member": str(member_id(FUJIAN.patient))}
    question = Question("prescriptions", QUERY, variables, token, nodes)
    await compare(database, urls, home, question, seconds, rounds)


def main() -> None:
    """Run on engines of its own, in a folder that goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        with embedded_engines(Path(home), fast=True) as urls:
            asyncio.run(measure(urls, Path(home), given.seconds, given.rounds))
        discard_engines(Path(home))


if __name__ == "__main__":
    main()
