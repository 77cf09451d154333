"""API, worker and database die with -9 while orders are settled, taken back, left to lapse (全系统风暴)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import asyncpg
import httpx
from tortoise.exceptions import BaseORMException

from engines.clock import Clock
from engines.outside import outside
from models import Fill
from ops.client import Json
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.processes import Child, wait_until_ready
from ops.tokens import token_for
from ops.world.days import DEMO_NOW
from policy.terms import Role
from tests.money.words import REVERSE
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.storm.holding import Sent, answered
from tests.storm.killed import Storm, environment_of, free_address
from tests.storm.ready import PHARMACIES, Ready, ready_fills
from tests.storm.wholeness import Outcome, Sums, all_is_whole, chain_is_whole, sums

API, WORKER, DATABASE = "api", "worker", "database"
EVERYTHING = (API, WORKER, DATABASE)
CLIENTS = 6
AWAY = (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

Crash = Callable[[], Awaitable[None]]
"""Kills the database and comes back when it takes connections again."""


@dataclass
class Processes:
    """The API and a worker (进程): one dies and is started again."""

    storm: Storm
    environment: dict[str, str]
    folder: Path
    crash: Crash
    workers: int = 0

    def __post_init__(self) -> None:
        self.api, self.worker = self.start(API), self.start(WORKER)

    def start(self, what: str) -> Child:
        """A process; a worker's starts are counted."""
        self.workers += what == WORKER
        more = ["--port", str(httpx.URL(self.storm.url).port)] if what == API else ["--faces", "1"]
        return Child([what, *more], self.environment, self.folder / f"{what}.log")

    async def ready(self) -> None:
        """The API answers."""
        await asyncio.to_thread(wait_until_ready, self.storm.url, [self.api])
        self.storm.is_up.set()

    async def kill(self, what: str) -> None:
        """Kill it at once and start it again; a worker only once it works."""
        if what == WORKER:
            await self.is_working()
            self.worker.kill()
            self.worker = self.start(WORKER)
            return
        self.storm.is_up.clear()
        if what == API:
            self.api.kill()
            self.api = self.start(API)
        else:
            await self.crash()
        await self.ready()

    async def is_working(self) -> None:
        """Wait until the newest worker has said that it is ready."""
        log = self.folder / "worker.log"
        async with asyncio.timeout(120):
            while log.read_text(errors="replace").count("worker.ready") < self.workers:
                self.worker.check()
                await asyncio.sleep(0.05)

    def end(self) -> None:
        """Stop both."""
        for child in (self.api, self.worker):
            child.kill()


@dataclass
class Tempest:
    """The orders, their clients, and what these have heard (全系统风暴)."""

    storm: Storm
    tokens: dict[str, str]
    dice: Random
    settled: list[Ready]
    returned: list[Ready]
    lapsing: list[Ready]
    before: Sums
    waiting: list[tuple[Ready, bool]] = field(default_factory=list)
    heard: list[Sent] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    is_over: bool = False

    def __post_init__(self) -> None:
        self.waiting = [(one, False) for one in self.settled] + [(one, True) for one in self.returned]
        self.dice.shuffle(self.waiting)

    async def client(self) -> None:
        """Settle order after order and bring some of the goods back; now and then ask once more."""
        async with outside(30) as http:
            while not self.is_over:
                if self.heard and (not self.waiting or self.dice.random() < 0.2):
                    await self.ask_again(http, self.dice.choice(self.heard))
                    await self.storm.tell()
                    continue
                if self.waiting:
                    order, comes_back = self.waiting.pop()
                    given: Json = {"fillId": str(order.fill_id), "tender": ELECTRONIC}
                    found = await self.send(http, order, words.SETTLE, order.key, given)
                    if comes_back:
                        given = {"settlementId": found, "goods": "RETURNED", "reason": "患者退药"}
                        await self.send(http, order, REVERSE, f"R{order.key[1:]}", given)

    async def send(self, http: httpx.AsyncClient, order: Ready, document: str, key: str, given: Json) -> str:
        """One mutation until it is answered; gives the id of what it made."""
        token = self.tokens[order.pharmacy]
        answer = await answered(self.storm, http, token, document, key, given)
        assert isinstance(answer, dict), (order, answer)
        self.heard.append(Sent(token, document, key, given, answer))
        await self.storm.tell()
        return str(answer["id"])

    async def ask_again(self, http: httpx.AsyncClient, sent: Sent) -> None:
        """The same again under its key gives the same answer."""
        again = await answered(self.storm, http, sent.token, sent.document, sent.key, sent.input)
        assert isinstance(sent.answer, dict)
        assert isinstance(again, dict), (sent, again)
        assert again["id"] == sent.answer["id"]

    async def look(self) -> Outcome:
        """Nothing is half done, the sums agree, and whoever heard something heard what is so."""
        told = {str(sent.answer["id"]) for sent in self.heard if isinstance(sent.answer, dict)}
        while True:
            try:
                found = await all_is_whole(self.settled, self.returned, self.lapsing, self.before)
                break
            except AWAY:
                # our own connections died with the database
                continue
        assert told <= found.ids
        return found

    async def rage(self, processes: Processes, what: Sequence[str], kills: int) -> None:
        """Kill one after another at random moments, and look at everything after each."""
        for number in range(kills):
            answers = self.storm.heard + self.dice.randint(1, 8)
            async with asyncio.timeout(120), self.storm.news:
                await self.storm.news.wait_for(partial(self.storm.has_heard, answers))
            await asyncio.sleep(self.dice.random() * 0.03)
            await processes.kill(what[number % len(what)])
            self.killed[what[number % len(what)]] += 1
            await self.look()

    async def calm(self, clients: Sequence[asyncio.Task[None]]) -> Outcome:
        """Let everything be done that is to be done; then everybody asks again under every key."""
        async with asyncio.timeout(300):
            async with self.storm.news:
                await self.storm.news.wait_for(lambda: not self.waiting)
            self.is_over = True
            await asyncio.wait(clients)
            async with outside(60) as http:
                await asyncio.gather(*(self.ask_again(http, sent) for sent in list(self.heard)))
            while True:
                outcome = await self.look()
                if len(outcome.lapsed) == len(self.lapsing):
                    await chain_is_whole()
                    return outcome
                await asyncio.sleep(0.2)


async def tempest(
    database: str,
    engines: EngineUrls,
    folder: Path,
    crash: Crash,
    *,
    kills: int,
    what: Sequence[str] = EVERYTHING,
    seed: int = 4,
) -> tuple[Tempest, Outcome]:
    """Kill so often, one kind after another; everything is whole after each, and done in the end."""
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(folder, now=clock.now)
    tokens = {code: token_for(Role.PHARMACY, code, timedelta(hours=2), makes=issuer) for code in PHARMACIES}
    many = 2 * kills
    made = await ready_fills(3 * many, clock.now())
    settled, returned, lapsing = made[:many], made[many : 2 * many], made[2 * many :]
    storm = Storm(free_address())
    found = Tempest(storm, tokens, Random(seed), settled, returned, lapsing, await sums())
    async with AsyncExitStack() as stack:
        environment = environment_of(database, engines, folder, clock)
        processes = Processes(storm, environment, folder, crash)
        stack.callback(processes.end)
        await processes.ready()
        await lapse_one_by_one(lapsing, clock)
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(found.client()) for _ in range(CLIENTS)]
            await found.rage(processes, what, kills)
            return found, await found.calm(clients)


async def lapse_one_by_one(orders: Sequence[Ready], clock: Clock) -> None:
    """Nobody comes for these: one after another their time runs out."""
    for number, order in enumerate(orders, 1):
        due = clock.now() + timedelta(seconds=2 * number)
        await Fill.filter(id=order.fill_id).update(expires_at=due)
