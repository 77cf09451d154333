"""The parts (部件) that the door is put together from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.schema import BaseSchema

import settings
from api.documents import Documents
from engines.bell import Bell
from engines.clock import Clock
from engines.jwks import KeySource
from engines.rates import Rates
from engines.tokens import TokenVerifier
from services.actor import Tools


def no_loaders(context: Any) -> None:
    """For schemas without loaders."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one application is made of (应用部件); tests put in their own."""

    schema: BaseSchema
    clock: Clock
    tokens: TokenVerifier
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


def token_verifier(clock: Clock) -> TokenVerifier:
    """The verifier the settings describe."""
    return TokenVerifier(
        KeySource(settings.OIDC_JWKS_URL or settings.OIDC_JWKS_FILE),
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        now=clock.now,
    )
