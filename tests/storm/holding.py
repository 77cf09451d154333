"""Patients who take and give back the last boxes, and a pharmacy that counts and receives, all at once."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from engines.clock import Clock
from engines.outside import outside
from models import (
    FillLine,
    Member,
    PrescriptionLine,
    StockBatch,
    StockHold,
    StockItem,
    StockMovement,
)
from ops.client import Json, Refused, RequestFailed
from ops.embedded import EngineUrls
from ops.issuer import DevelopmentIssuer
from ops.road_documents import REQUEST_FILL
from ops.tokens import token_for
from ops.world import cast
from ops.world.days import DEMO_NOW
from ops.world.ids import member_id
from policy.calendar import shanghai_day
from policy.terms import FillState, LineState, MovementKind, Role
from tests.road.words import CANCEL
from tests.stock.counter import check_adds_up
from tests.storm.killed import Storm, environment_of, free_address, nobody_else_is_connected
from tests.storm.ready import prescribed

PATIENTS, COUNTERS, WANTED = 10, 2, 40
BATCH = "LAST"
BOXES = 4
"""So few that requests are refused all the time."""

RECORD = """mutation R($input: RecordAdjustmentsInput!) {
  recordAdjustments(input: $input) {
    ... on Pharmacy { code } ... on Refusal { violations { code rule message } }
  }
}"""

ZERO = Decimal(0)

AGAIN = {"BUSY", "SERVICE_UNAVAILABLE"}
"""Who is told so asks again under the same key."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody sent under its key, and what they heard."""

    token: str
    document: str
    key: str
    input: Json
    answer: Json | tuple[str, ...]


@dataclass
class Holding:
    """The storm on one shelf (预留风暴)."""

    storm: Storm
    tokens: dict[Role, str]
    lines: list[PrescriptionLine]
    dice: Random
    is_over: bool = False
    heard: list[Sent] = field(default_factory=list)

    async def send(
        self, http: httpx.AsyncClient, role: Role, document: str, **input: Any
    ) -> Json | tuple[str, ...]:
        """One mutation until it is answered; the answer is remembered with its key."""
        key, token = str(uuid4()), self.tokens[role]
        answer = await answered(self.storm, http, token, document, key, input)
        self.heard.append(Sent(token, document, key, input, answer))
        await self.storm.tell()
        return answer

    async def patient(self) -> None:
        """Ask for a box, and often give it back."""
        async with outside(30) as http:
            while not self.is_over:
                line = self.lines.pop(0)
                fill = await self.send(
                    http,
                    Role.PATIENT,
                    REQUEST_FILL,
                    prescriptionId=str(line.prescription_id),
                    pharmacyCode=cast.FUJIAN_PHARMACY,
                    lineIds=[str(line.id)],
                )
                if isinstance(fill, dict) and self.dice.random() < 0.8:
                    await self.send(http, Role.PATIENT, CANCEL, fillId=fill["id"], reason="不要了")
                self.lines.append(line)

    async def counter(self) -> None:
        """Boxes are found, and boxes are missing; there are never enough for all."""
        found = 0
        async with outside(30) as http:
            while not self.is_over:
                change = self.dice.choice([-2, -1] if found > 0 else [-2, -1, 1, 2])
                line = {
                    "drugCode": cast.AMLODIPINE,
                    "quantity": str(change),
                    "batchNumber": BATCH,
                    "memo": "盘点更正",
                }
                answer = await self.send(http, Role.PHARMACY, RECORD, lines=[line])
                found += change if isinstance(answer, dict) else 0

    async def replay(self, http: httpx.AsyncClient, sent: Sent) -> None:
        """The same again under its key gives the same answer; what was refused is judged anew."""
        again = await answered(self.storm, http, sent.token, sent.document, sent.key, sent.input)
        if isinstance(sent.answer, dict):
            assert isinstance(again, dict), (sent, again)
            assert again.get("id") == sent.answer.get("id")


async def answered(
    storm: Storm, http: httpx.AsyncClient, token: str, document: str, key: str, input: Json
) -> Json | tuple[str, ...]:
    """The answer, or the codes of a refusal; who is told to come again does."""
    while True:
        try:
            return await storm.do(token, http, document, key, **input)
        except Refused as refused:
            return tuple(refused.codes)
        except RequestFailed as failed:
            if not {error["extensions"]["code"] for error in failed.errors} <= AGAIN:
                raise
            storm.told_to_wait += 1


async def last_boxes(now: datetime) -> list[PrescriptionLine]:
    """The shelf counted down to a dozen boxes of one batch, and people who want one each."""
    item = await StockItem.get(pharmacy_id=cast.FUJIAN_PHARMACY, drug_id=cast.AMLODIPINE)
    batches = await StockBatch.filter(item_id=item.id).order_by("batch_number")
    kept = batches[0]
    for batch in batches:
        left = Decimal(BOXES) if batch is kept else ZERO
        await StockMovement.create(
            item=item,
            batch=batch,
            kind=MovementKind.STOCK_TAKE,
            quantity=left - batch.on_hand,
            counted=left,
            moved_at=now,
            recorded_by="test",
        )
        await StockBatch.filter(id=batch.id).update(
            on_hand=left, batch_number=BATCH if batch is kept else batch.batch_number
        )
    await StockItem.filter(id=item.id).update(on_hand=BOXES, sellable=BOXES, next_expiry=kept.expires_on)
    member = await Member.get(id=member_id(cast.FUJIAN_PATIENT))
    lines = [(await prescribed(member, now))[1][0] for _ in range(WANTED)]
    await PrescriptionLine.filter(id__in=[line.id for line in lines]).update(state=LineState.OPEN)
    return lines


async def check_shelf(day: date) -> None:
    """On hand is what moved, held is what live fills hold, and nothing is below zero."""
    await check_adds_up([cast.AMLODIPINE], day)
    kept = await StockHold.filter(ended_at__isnull=True, item__drug_id=cast.AMLODIPINE).values_list(
        "fill_line_id", flat=True
    )
    wanted = await FillLine.filter(is_live=True, fill__state=FillState.REQUESTED).values_list("id", flat=True)
    assert sorted(map(str, kept)) == sorted(map(str, wanted))


async def rage(database: str, engines: EngineUrls, folder: Path, kills: int, seed: int = 4) -> Holding:
    """Kill the process that often at random moments; in the end everybody asks again under every key."""
    clock = Clock.of(DEMO_NOW.isoformat())
    issuer = DevelopmentIssuer(folder, now=clock.now)
    ttl = timedelta(hours=2)
    tokens = {
        Role.PATIENT: token_for(Role.PATIENT, cast.FUJIAN_PATIENT, ttl, makes=issuer),
        Role.PHARMACY: token_for(Role.PHARMACY, cast.FUJIAN_PHARMACY, ttl, makes=issuer),
    }
    environment, log = environment_of(database, engines, folder, clock), folder / "api.log"
    storm, dice = Storm(free_address()), Random(seed)
    holding = Holding(storm, tokens, await last_boxes(clock.now()), dice)
    today = shanghai_day(clock.now())
    async with asyncio.TaskGroup() as group:
        people = [group.create_task(holding.patient()) for _ in range(PATIENTS)]
        people += [group.create_task(holding.counter()) for _ in range(COUNTERS)]
        for _ in range(kills):
            await storm.rage(environment, log, storm.heard + dice.randint(5, 30), dice.random() * 0.02)
            await nobody_else_is_connected()
            await check_shelf(today)
        holding.is_over = True
        async with storm.up(environment, log):
            await asyncio.wait(people)
            sent = list(holding.heard)
            async with outside(30) as http:
                await asyncio.gather(*(holding.replay(http, one) for one in sent))
    await nobody_else_is_connected()
    await check_shelf(today)
    return holding
