"""Who opened the mini-program (小程序登录): a one-time code against the openid, asked of WeChat."""

import asyncio
from typing import Any

import httpx
import structlog

from engines.outside import outside, prepare

PATH = "/sns/jscode2session"
SECONDS = 5.0
AT_ONCE = 8
"""Questions at once of one process; each takes it a millisecond or two, and so from everybody else."""

CODE_IS_NONE = {40029, 40163}
"""The code is made up or expired; or it was used before."""

log = structlog.get_logger(__name__)


class CodeNotTaken(Exception):
    """The code is no good (登录凭证无效): the mini-program must ask for another."""


class WechatAway(Exception):
    """Nobody can say now whose code it is (登录服务不可用): try again."""


class WechatCodes:
    """Exchange codes at an address that speaks `jscode2session` (登录凭证校验).

    Neither the secret nor an openid gets into a log: errors are told by their number or type alone.
    """

    def __init__(self, url: str, app_id: str, secret: str) -> None:
        self._url = url.rstrip("/") + PATH
        # now, rather than while somebody waits
        prepare()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._app = {"appid": app_id, "secret": secret, "grant_type": "authorization_code"}

    async def openid(self, code: str) -> str:
        """The account that got this code; raise CodeNotTaken or WechatAway."""
        answer = await self._ask(code)
        number = answer.get("errcode", 0)
        if number in CODE_IS_NONE:
            raise CodeNotTaken
        openid = answer.get("openid")
        if number or not isinstance(openid, str) or not 1 <= len(openid) <= 128:
            log.warning("wechat.refused", number=number if isinstance(number, int) else None)
            raise WechatAway
        return openid

    async def _ask(self, code: str) -> dict[str, Any]:
        try:
            async with self._turns, outside(SECONDS) as client:
                answer = await client.get(self._url, params={**self._app, "js_code": code})
            answer.raise_for_status()
            found = answer.json()
        # the errors of httpx quote the address, and with it the secret: none is chained
        except (httpx.HTTPError, ValueError) as error:
            log.warning("wechat.away", error=type(error).__name__)
            raise WechatAway from None
        if not isinstance(found, dict):
            raise WechatAway
        return found
