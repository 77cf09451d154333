"""The application of the settings: the schema and the engines put together."""

from typing import Any

from starlette.applications import Starlette

import resolvers
import settings
from api.app import create_app
from api.documents import Documents
from api.graphql import Schema, build_schema
from api.mini_program import mini_program
from api.parts import Parts, token_verifier
from engines.bell import Bell
from engines.clock import Clock
from engines.doorbell import Doorbell
from engines.http_payments import payment_provider
from engines.images import ImageStore
from engines.live_keys import LiveKeyRing
from engines.persisted import PersistedTexts
from engines.queue import Queue, job_broker
from engines.rates import Rates
from engines.receipt_codes import receipt_codes
from models.config import orm_config
from policy.terms import Role
from schema.loaders import Loaders
from schema.refusal import RefusedHandler
from schema.scalars import SCALARS
from services.actor import Tools
from services.documents import find


def schema() -> Schema:
    """The one schema (GraphQL 模式) of the product."""
    return build_schema(
        resolvers.QUERIES,
        resolvers.MUTATIONS,
        resolvers.SUBSCRIPTIONS,
        scalars=SCALARS,
        exception_handlers=[RefusedHandler()],
    )


def make_loaders(context: Any) -> Loaders:
    """The loaders of one operation."""
    return Loaders(context.require_actor, context.now)


def application() -> Starlette:
    """The application (应用) that the settings describe."""
    clock = Clock.of(settings.YAOLU_CLOCK)
    keys = LiveKeyRing(settings.YAOLU_KEYS)
    images = ImageStore(settings.IMAGE_STORE_URL, keys)
    bell = Bell(settings.REDIS_URL)
    mini = mini_program(clock)
    tools = Tools(
        Doorbell(bell, Queue(job_broker(settings.REDIS_URL))),
        keys,
        images,
        allows_samples=not settings.IS_PRODUCTION,
        sessions=mini,
        payments=payment_provider(),
        receipts=receipt_codes(),
    )
    parts = Parts(
        schema=schema(),
        clock=clock,
        tokens=token_verifier(clock, mini),
        bell=bell,
        tools=tools,
        rates=Rates(settings.REDIS_URL),
        documents=Documents(
            find,
            PersistedTexts(settings.REDIS_URL),
            frozenset(map(Role, settings.REGISTERED_ONLY)),
        ),
        make_loaders=make_loaders,
        orm=orm_config(settings.DATABASE_URL, settings.DATABASE_REPLICA_URL),
    )
    return create_app(parts)
