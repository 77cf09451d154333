"""The parts (部件) that the door is put together from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from strawberry.schema import BaseSchema

import settings
from api.documents import Documents
from api.mini_program import MiniProgram
from engines.bell import Bell
from engines.clock import Clock
from engines.jwks import KeySource
from engines.rates import Rate, Rates
from engines.session_tokens import EitherVerifier
from engines.tokens import Claims, TokenVerifier
from services.actor import Tools

REFUSALS = Rate(settings.REFUSALS, settings.REFUSALS_PER_SECOND)


def no_loaders(context: Any) -> None:
    """For schemas without loaders."""


class Verifier(Protocol):
    """Checks tokens (令牌校验)."""

    async def verify(self, token: str) -> Claims:
        """Give the claims of a good token; raise TokenExpired, TokenInvalid or KeysUnavailable."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one application is made of (应用部件); tests put in their own."""

    schema: BaseSchema
    clock: Clock
    tokens: Verifier
    bell: Bell
    tools: Tools
    """What use cases need of the world outside the database: doorbell, key ring, image store."""
    rates: Rates
    documents: Documents
    make_loaders: Callable[[Any], Any] = no_loaders
    orm: Mapping[str, Any] | None = None
    """The configuration of tortoise-orm, started and stopped with the application; None leaves it alone."""
    has_console: bool = settings.GRAPHIQL
    allowed_origins: tuple[str, ...] = settings.ALLOWED_ORIGINS
    operation_seconds: float = settings.OPERATION_SECONDS
    refusals: Rate = REFUSALS
    """How many a caller may have before he waits for each."""


def token_verifier(clock: Clock, mini: MiniProgram | None = None) -> Verifier:
    """The verifier the settings describe: of the issuer, and of our own tokens where we sign any."""
    issuer = TokenVerifier(
        KeySource(settings.OIDC_JWKS_URL or settings.OIDC_JWKS_FILE),
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        now=clock.now,
    )
    return EitherVerifier(mini.tokens, issuer) if mini else issuer
