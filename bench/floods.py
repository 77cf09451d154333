"""One flood (洪水) against an API process, from a process of its own; prints how its requests ended.

python -m bench.floods KIND PORT TOKEN SECONDS
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import closing, suppress
from time import perf_counter

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from bench.hostile_documents import LARGEST, SIGN_IN
from bench.wire import ask, post

CONNECTIONS = 4


async def post_again(port: int, request: bytes, until: float, ended: Counter[str]) -> None:
    """Send the same request without a pause."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        while perf_counter() < until:
            status, body = await ask(reader, writer, request)
            errors = json.loads(body).get("errors")
            ended[f"{status} {errors[0]['extensions']['code'] if errors else 'answered'}"] += 1


async def dial_again(port: int, token: str, until: float, ended: Counter[str]) -> None:
    """Open sockets and keep them, until told to go."""
    first = json.dumps({"type": "connection_init", "payload": {"token": token}})
    while perf_counter() < until:
        socket = await connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
            compression=None,
        )
        KEPT.append(socket)
        await socket.send(first)
        try:
            await socket.recv()
            ended["acknowledged"] += 1
        except ConnectionClosed as closed:
            ended[f"closed {closed.rcvd.code if closed.rcvd else '?'}"] += 1
            KEPT.remove(socket)
        except InvalidStatus as refused:
            ended[f"refused {refused.response.status_code}"] += 1


KEPT: list[object] = []


async def flood(kind: str, port: int, token: str, seconds: float) -> Counter[str]:
    """The flood, over a few connections that never rest."""
    ended: Counter[str] = Counter()
    until = perf_counter() + seconds
    if kind == "sockets":
        work = [dial_again(port, token, until, ended) for _ in range(CONNECTIONS)]
    else:
        request = {
            "tokens": post(LARGEST, token=f"{token[:-8]}AAAAAAAA"),
            "sign-in": post(SIGN_IN),
            "cost": post(LARGEST, token=token),
        }[kind]
        work = [post_again(port, request, until, ended) for _ in range(CONNECTIONS)]
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await asyncio.gather(*work)
    return ended


if __name__ == "__main__":
    kind, port, token, seconds = sys.argv[1:]
    print("begins", flush=True)
    print(json.dumps(asyncio.run(flood(kind, int(port), token, float(seconds)))))
