"""Who stays connected (在线调用者): a token is looked at again for as long as its connection lasts."""

import random
from datetime import datetime
from time import monotonic

import settings
from api.context import Context, sign_in
from engines.jwks import KeysUnavailable
from engines.logs import log
from engines.tokens import TokenExpired, TokenInvalid


class Bearer:
    """The caller of a socket or an event stream, and the token shown (持令牌者)."""

    def __init__(self, context: Context, authorization: str) -> None:
        self.context = context
        self.authorization = authorization
        # spread, or all who came after a restart are looked at in the same instant
        self.check_at = monotonic() + settings.TOKEN_CHECK_SECONDS * random.uniform(0.5, 1.0)

    async def objection(self) -> str | None:
        """Why the caller may stay no longer; None while the token is good."""
        claims = self.context.claims
        if claims is not None and claims.is_expired(self.context.now()):
            return expired(claims.expires_at)
        if monotonic() < self.check_at:
            return None
        self.check_at = monotonic() + settings.TOKEN_CHECK_SECONDS
        try:
            await sign_in(self.context, self.authorization)
        except TokenExpired as error:
            return expired(error.expired_at)
        except TokenInvalid:
            # its key was withdrawn, for nothing else of it can change
            return "Token no longer valid"
        except KeysUnavailable:
            log.warning("token.unchecked", request_id=self.context.request_id)
        return None


def expired(instant: datetime) -> str:
    """The reason of a connection that ends with its token."""
    return f"Token expired at {instant:%Y-%m-%dT%H:%M:%SZ}"
