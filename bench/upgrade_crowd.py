"""Clients of a house whose processes are exchanged (升级中的负载): they walk the road and listen.

They stand behind an entrance that sends requests to whoever says that it is ready, as a balancer does.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from time import perf_counter
from uuid import uuid4

import httpx
import websockets

from bench.upgrade_stage import LINE, Person
from engines.clock import Clock
from engines.outside import outside
from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed, data_of, result_of
from ops.issuer import DevelopmentIssuer
from ops.road import FUJIAN, prescription_input, trace_codes
from ops.tokens import token_for
from ops.world import cast
from policy.terms import Role
from tests.road.walk import picture

SETTLE = documents.mutation("settleFill", "Settlement", "id number")
REVERSE = documents.mutation("reverseSettlement", "Reversal", "id number")
COUNTERS = (
    (cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACIST),
    (cast.FUJIAN_PHARMACY_OTHER, cast.FUJIAN_PHARMACIST_OTHER),
)
ASK_SECONDS = 0.1
AGAIN_SECONDS = 0.05
LAPSING, REVERSED = 5, 2
"""Every so manieth purchase ends with a picture and is never fetched, or is brought back."""

ASKED_AGAIN_MAX = 500
APPROVAL: Json = {"decision": "APPROVE", "advice": "每日一次"}
SHOWN: Json = {"documents": ["身份证", "社会保障卡"], "reason": "患者不愿刷脸"}

OUTSIDE = (httpx.TransportError, websockets.WebSocketException, OSError)


@dataclass
class Entrance:
    """Who gets the next request (入口): by turns those whose `/readyz` says 200."""

    known: set[str] = field(default_factory=set)
    ready: list[str] = field(default_factory=list)
    turn: Iterator[int] = field(default_factory=count)

    async def next(self) -> str:
        """The address for the next request."""
        async with asyncio.timeout(60):
            while not self.ready:  # noqa: ASYNC110  # the addresses give no sign
                await asyncio.sleep(ASK_SECONDS / 4)
        return self.ready[next(self.turn) % len(self.ready)]

    async def tend(self) -> None:
        """Ask all again and again."""
        async with outside(5) as http:
            while True:
                said = {address: await is_ready(http, address) for address in sorted(self.known)}
                self.ready = [address for address, is_up in said.items() if is_up]
                await asyncio.sleep(ASK_SECONDS)

    async def until(self, address: str, is_up: bool, seconds: float = 90.0) -> None:
        """Wait until this one gets requests, or none any more."""
        async with asyncio.timeout(seconds):
            while (address in self.ready) is not is_up:  # noqa: ASYNC110
                await asyncio.sleep(ASK_SECONDS / 2)


async def is_ready(http: httpx.AsyncClient, address: str) -> bool:
    """Whether the process there wants requests."""
    try:
        return (await http.get(f"{address}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Sent:
    """A mutation that was answered (已答复的变更): it can be sent again under its key."""

    token: str
    document: str
    input: Json
    id: str


@dataclass
class Tally:
    """What came back while one thing went on (一段时间内的应答)."""

    seconds: list[float] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)


@dataclass
class Crowd:
    """Everybody outside (全部客户端), what they heard, and what they met."""

    entrance: Entrance
    clock: Clock
    makes: DevelopmentIssuer
    people: list[Person]
    phase: str = ""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    heard: list[Sent] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)
    reversed: dict[str, str] = field(default_factory=dict)
    lapsing: list[str] = field(default_factory=list)
    events: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    walks: Iterator[int] = field(default_factory=count)
    is_over: bool = False

    def token(self, role: Role, subject: str) -> str:
        """Somebody's token."""
        return token_for(role, subject, clock=self.clock, makes=self.makes)

    async def ask(
        self, http: httpx.AsyncClient, token: str, document: str, given: Json, **files: bytes
    ) -> Json:
        """Ask until there is an answer; what came instead is counted."""
        while True:
            client = Client(await self.entrance.next(), token, http)
            began = perf_counter()
            try:
                answer = await sent(client, document, given, files)
                self.tallies[self.phase].seconds.append(perf_counter() - began)
                return answer
            except RequestFailed as failed:
                for error in failed.errors:
                    said = error["extensions"]
                    self.tallies[self.phase].met[f"{said['code']} (retry {said['retry']})"] += 1
                if any(error["extensions"]["retry"] == "never" for error in failed.errors):
                    raise
            except httpx.TransportError as error:
                self.tallies[self.phase].met[f"broken connection: {type(error).__name__}"] += 1
            except json.JSONDecodeError:
                self.tallies[self.phase].met["no JSON"] += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def change(
        self, http: httpx.AsyncClient, token: str, document: str, given: Json, **files: bytes
    ) -> Json:
        """One mutation under a key of its own."""
        given = {"idempotencyKey": str(uuid4()), **given}
        answer = await self.ask(http, token, document, given, **files)
        if not files:
            self.heard.append(Sent(token, document, given, answer["id"]))
        return answer

    async def walk(self, until: asyncio.Event) -> None:
        """Walk the road with one person after another until told to stop."""
        async with outside(30) as http:
            while not until.is_set() and self.people:
                try:
                    await self.road(http, self.people.pop(), next(self.walks))
                except RequestFailed:
                    self.tallies[self.phase].met["the end of a walk"] += 1
                except Refused as refused:
                    self.tallies[self.phase].met[f"refused for good: {', '.join(refused.codes)}"] += 1

    async def road(self, http: httpx.AsyncClient, person: Person, number: int) -> None:
        """From the upload to the settlement, and often back (主路)."""
        pharmacy, pharmacist = COUNTERS[number % len(COUNTERS)]
        counter, patient = self.token(Role.PHARMACY, pharmacy), self.token(Role.PATIENT, person.psn_no)
        hospital = self.token(Role.HOSPITAL, FUJIAN.hospital)
        change = partial(self.change, http)
        draft = prescribed(person, self.clock.now())
        prescription = await change(hospital, documents.UPLOAD, {"prescription": draft})
        asked = {"prescriptionId": prescription["id"], "pharmacyCode": pharmacy}
        fill = await change(patient, documents.REQUEST_FILL, asked)
        named = {"fillId": fill["id"]}
        reviewer = self.token(Role.PHARMACIST, pharmacist)
        await change(reviewer, documents.REVIEW, APPROVAL | named)
        found = await self.ask(http, counter, documents.FILL_LINES, {"id": fill["id"]})
        boxes = trace_codes(LINE.drug_code, int(LINE.quantity))
        scanned = [{"fillLineId": line["id"], "traceCodes": boxes} for line in found["fill"]["lines"]]
        await change(counter, documents.MARK_READY, named | {"scanned": scanned})
        signed = {"feeListSha256": fill["feeListSha256"], "signature": "c2ln"}
        await change(patient, documents.SIGN, signed | named)
        if number % LAPSING == 0:
            await change(counter, documents.CHECK_FACE, named, live=picture(), card=picture())
            self.lapsing.append(fill["id"])
            return
        await change(counter, documents.VERIFY_MANUALLY, SHOWN | named)
        settled = await change(counter, SETTLE, {"tender": {"credential": "ELECTRONIC"}} | named)
        self.settled[fill["id"]] = settled["id"]
        if number % REVERSED == 0:
            back = {"settlementId": settled["id"], "goods": "RETURNED", "reason": "患者退药"}
            self.reversed[settled["id"]] = (await change(counter, REVERSE, back))["id"]
        else:
            await change(counter, documents.HAND_OVER, named)

    async def ask_again(self) -> list[str]:
        """Ask once more under keys from the whole time; gives what was answered otherwise (重放)."""
        wrong: list[str] = []
        some = self.heard[:: len(self.heard) // ASKED_AGAIN_MAX + 1]

        async def again(http: httpx.AsyncClient, these: list[Sent]) -> None:
            for one in these:
                try:
                    answer = await self.ask(http, one.token, one.document, one.input)
                except (Refused, RequestFailed) as error:
                    wrong.append(f"{one.document.split()[1][:20]}: {error}")
                    continue
                if answer["id"] != one.id:
                    wrong.append(f"{one.document.split()[1][:20]}: {answer['id']} instead of {one.id}")

        async with outside(30) as http, asyncio.TaskGroup() as group:
            for start in range(4):
                group.create_task(again(http, some[start::4]))
        return wrong

    async def listen(self, pharmacy: str) -> None:
        """Hear a pharmacy's events, over as many sockets as it takes (订阅), each once and none left out."""
        token, cursor = self.token(Role.PHARMACY, pharmacy), None
        while not self.is_over:
            try:
                async with socket_to(await self.entrance.next(), token) as socket:
                    payload = {"query": documents.PHARMACY_EVENTS, "variables": {"after": cursor}}
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                    async for text in socket:
                        message = json.loads(text)
                        if message["type"] == "ping":
                            await socket.send(json.dumps({"type": "pong"}))
                        if message["type"] == "error" or "errors" in message.get("payload", {}):
                            self.tallies[self.phase].met[f"error on a socket: {text[:80]!r}"] += 1
                            break
                        if message["type"] == "next":
                            event = message["payload"]["data"]["pharmacyEvents"]
                            cursor = event["cursor"]
                            self.events[pharmacy].append(int(event["sequence"]))
            except OUTSIDE as error:
                self.tallies[self.phase].met[f"a socket did not open: {type(error).__name__}"] += 1
            else:
                self.tallies[self.phase].met["a socket was closed and opened elsewhere"] += 1
            await asyncio.sleep(AGAIN_SECONDS)


async def sent(client: Client, document: str, given: Json, files: Mapping[str, bytes]) -> Json:
    """One request: a query's data or a mutation's result."""
    if files:
        return await client.upload(document, files, **given)
    is_query = document.lstrip().startswith("query")
    body = {"query": document, "variables": given if is_query else {"input": given}}
    answer = await client.http.post(f"{client.url}/graphql", json=body, headers=client.headers)
    return data_of(answer) if is_query else result_of(data_of(answer))


@asynccontextmanager
async def socket_to(address: str, token: str) -> AsyncIterator[websockets.ClientConnection]:
    """An open socket, signed in."""
    protocol = websockets.Subprotocol("graphql-transport-ws")
    url = address.replace("http", "ws", 1) + "/graphql"
    async with websockets.connect(url, subprotocols=[protocol], compression=None) as socket:
        first = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(first))
        await socket.recv()
        yield socket


def prescribed(person: Person, now: datetime) -> Json:
    """A prescription of one drug for this person."""
    given = prescription_input(FUJIAN, now)
    return given | {"idNumber": person.id_number, "lines": given["lines"][:1]}
