"""What signs a mini-program's users in (小程序登录), as use cases see it."""

from dataclasses import dataclass
from datetime import datetime

import settings
from engines.clock import Clock
from engines.session_tokens import SessionTokens, load_or_create
from engines.wechat import CodeNotTaken, WechatAway, WechatCodes
from services.errors import SignInAway


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """The exchange of codes and our own tokens together (登录工具)."""

    codes: WechatCodes
    tokens: SessionTokens

    async def openid(self, code: str) -> str | None:
        """The account of a code; None when the code is no good."""
        try:
            return await self.codes.openid(code)
        except CodeNotTaken:
            return None
        except WechatAway as error:
            raise SignInAway from error

    def access_token(self, member_id: str) -> tuple[str, datetime]:
        """A token for a member, and when it ends."""
        return self.tokens.access_token(member_id)


def mini_program(clock: Clock) -> MiniProgram | None:
    """What the settings describe; None where no address is set."""
    if not settings.WECHAT_URL:
        return None
    source = settings.SESSION_KEY or load_or_create(settings.YAOLU_HOME / "session-key.json")
    tokens = SessionTokens.read(source, audience=settings.OIDC_AUDIENCE, now=clock.now)
    return MiniProgram(
        WechatCodes(settings.WECHAT_URL, settings.WECHAT_APP_ID, settings.WECHAT_SECRET), tokens
    )
