"""A small server that speaks `jscode2session`, as WeChat's does, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.house import WECHAT_APP


@dataclass
class Wechat:
    """What the stand-in knows (微信替身): codes not yet used, and how it misbehaves when it is told to."""

    codes: dict[str, str] = field(default_factory=dict)
    misbehaves: str = ""
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0
    together: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(1))
    """So many questions must be open before any is answered."""
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, and the line is closed."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.together.wait()
        self.at_once -= 1
        if self.misbehaves == "hangs up":
            writer.close()
            return
        address = urlsplit(head.split(" ", 2)[1])
        said = {name: values[0] for name, values in parse_qs(address.query).items()}
        status = "500 Oops" if self.misbehaves == "breaks" else "200 OK"
        body = (
            "<html>" if self.misbehaves == "talks nonsense" else json.dumps(self.session(address.path, said))
        )
        text = body.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(text)
        await writer.drain()
        writer.close()

    def session(self, path: str, said: dict[str, str]) -> dict[str, object]:
        """What is answered to these parameters."""
        if self.misbehaves == "is busy":
            return {"errcode": -1, "errmsg": "system error"}
        is_app = (said.get("appid"), said.get("secret")) == WECHAT_APP
        if path != "/sns/jscode2session" or said.get("grant_type") != "authorization_code" or not is_app:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        openid = self.codes.pop(said.get("js_code", ""), None)
        if openid is None:
            return {"errcode": 40029, "errmsg": "invalid code"}
        return {"openid": openid, "session_key": "c2Vzc2lvbg=="}


@asynccontextmanager
async def wechat() -> AsyncIterator[Wechat]:
    """The stand-in, listening."""
    found = Wechat()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found
