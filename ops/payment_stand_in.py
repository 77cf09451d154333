"""A payment provider over real HTTP (支付渠道替身): orders in memory, and faults when told to."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engines.outside import outside
from engines.signatures import is_signed, sign

MERCHANT, KEY, NAME = "M-STANDIN", "stand-in-payment-key", "standin"

PATIENCE, HURRY = 30.0, 0.5
"""Seconds that we wait for its answers: long, so that a busy machine is no fault, but of a slow provider."""

START_SECONDS = 30.0

Body = dict[str, Any]


@dataclass
class StandIn:
    """What the provider knows: orders and refunds by number, and how it misbehaves."""

    orders: dict[str, Body] = field(default_factory=dict)
    refunds: dict[str, Body] = field(default_factory=dict)
    misbehaves: str = ""
    """"down": 503; "broken": 500 after having done it; "slow": answers late; "forges": signs wrongly."""
    asked: list[str] = field(default_factory=list)
    is_refund_slow: bool = False
    before_answer: Callable[[], Awaitable[None]] | None = None
    url: str = ""

    def app(self) -> Starlette:
        """Its HTTP face."""
        routes = [
            Route("/orders", self._answer(self.create), methods=["POST"]),
            Route("/orders/{number}", self._answer(self.find), methods=["GET"]),
            Route("/orders/{number}/close", self._answer(self.close), methods=["POST"]),
            Route("/orders/{number}/refunds", self._answer(self.refund), methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def create(self, number: str, said: Body) -> tuple[int, Body]:
        """Make an order, once by its number."""
        self.orders.setdefault(
            said["number"], {**said, "state": "UNPAID", "received": None, "trade_number": ""}
        )
        return 200, {"number": said["number"], "pay_url": f"https://pay.invalid/{said['number']}"}

    def find(self, number: str, said: Body) -> tuple[int, Body]:
        """An order as it stands."""
        order = self.orders.get(number)
        return (200, told(order)) if order else (404, {"code": "NO_SUCH_ORDER"})

    def close(self, number: str, said: Body) -> tuple[int, Body]:
        """Let nobody pay it any more."""
        order = self.orders.get(number)
        if order is None:
            return 404, {"code": "NO_SUCH_ORDER"}
        if order["state"] == "UNPAID":
            order["state"] = "CLOSED"
        return 200, told(order)

    def refund(self, number: str, said: Body) -> tuple[int, Body]:
        """Send money back, once by the refund's number, and never more than came."""
        order = self.orders[number]
        sent = sum(one["amount"] for one in self.refunds.values() if one["order"] == number)
        if said["number"] not in self.refunds:
            if sent + said["amount"] > (order["received"] or 0):
                return 400, {"code": "OVER_REFUND"}
            self.refunds[said["number"]] = {**said, "order": number}
        state = "PROCESSING" if self.is_refund_slow else "DONE"
        return 200, {"number": said["number"], "amount": said["amount"], "state": state}

    def pay(self, number: str, received: int | None = None) -> Body:
        """A payer pays."""
        order = self.orders[number]
        order |= {
            "state": "PAID",
            "received": order["amount"] if received is None else received,
            "trade_number": f"T{uuid4().hex[:16]}",
        }
        return told(order)

    async def notify(self, url: str, said: Body, key: str = KEY) -> httpx.Response:
        """Tell a merchant of an order."""
        body = json.dumps(said).encode()
        parts = [MERCHANT, "1", uuid4().hex]
        headers = dict(zip(("X-Merchant", "X-Timestamp", "X-Nonce"), parts, strict=True))
        headers["X-Signature"] = sign(key.encode(), "NOTIFY", *parts, body)
        async with outside(5) as client:
            return await client.post(f"{url}/payments/notify/{NAME}", content=body, headers=headers)

    def _answer(
        self, do: Callable[[str, Body], tuple[int, Body]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            given = [request.headers[f"x-{name}"] for name in ("merchant", "timestamp", "nonce")]
            path = request.url.path
            self.asked.append(f"{request.method} {path}")
            if not is_signed(
                request.headers["x-signature"], KEY.encode(), request.method, path, *given, body
            ):
                return signed(401, {"code": "SIGNATURE"}, given[2])
            if self.misbehaves == "down":
                return Response(status_code=503)
            status, said = do(str(request.path_params.get("number", "")), json.loads(body or b"{}"))
            if self.before_answer is not None:
                await self.before_answer()
            if self.misbehaves == "broken":
                return Response("oops", status_code=500)
            if self.misbehaves == "slow":
                await asyncio.sleep(2 * HURRY)
            return signed(status, said, given[2], "another key" if self.misbehaves == "forges" else KEY)

        return answer


def told(order: Body) -> Body:
    """An order as it is told."""
    return {name: order[name] for name in ("number", "state", "received", "trade_number")}


def signed(status: int, said: Body, nonce: str, key: str = KEY) -> Response:
    """A signed answer."""
    body = json.dumps(said).encode()
    signature = sign(key.encode(), "ANSWER", str(status), nonce, body)
    return Response(body, status, {"X-Signature": signature}, "application/json")


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    """The provider, listening."""
    found = StandIn()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(found.app(), log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    found.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield found
    finally:
        server.should_exit = True
        await task
        listening.close()


@contextmanager
def stand_in_beside() -> Iterator[StandIn]:
    """The provider in a thread of its own (另开线程), for who starts processes that call it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = stand_in()
    try:
        found = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(START_SECONDS)
        try:
            yield found
        finally:
            ended = context.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(ended, loop).result(START_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def settings_for(provider: StandIn) -> Mapping[str, str]:
    """What makes our processes use it (支付渠道设置); it is given no address to tell of payments."""
    return {
        "PAYMENT_URL": provider.url,
        "PAYMENT_PROVIDER": NAME,
        "PAYMENT_MERCHANT": MERCHANT,
        "PAYMENT_KEY": KEY,
    }
