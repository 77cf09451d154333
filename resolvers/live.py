"""Stock, live: what pharmacies around a place can promise, told when it changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from resolvers.events import SLOW_TIMER
from resolvers.nearby import Location
from schema.context import Info, call_of
from schema.live import StockChange
from services.nearby_search import Search
from services.nearby_watch import watch

GATHER = 0.1
"""Seconds in which further rings join the first: a file of movements is one message per pharmacy."""

Codes = Annotated[list[str], strawberry.argument(description="医保药品编码, 1 至 20 种")]
Radius = Annotated[int, strawberry.argument(description="半径, 米, 100 至 20000; 关注其中最近的 200 家")]


@strawberry.type
class LiveSubscription:
    @strawberry.subscription(
        description="附近药店这些药品的可供情况变化, 一秒内送达; 断线重连后请带 snapshot 重新订阅, 不回放"
    )
    async def stock_changed(
        self,
        info: Info,
        drug_codes: Codes,
        near: Location,
        radius: Radius = 5_000,
        snapshot: Annotated[
            bool, strawberry.argument(description="先送一遍现有的可供情况, 其后只送变化")
        ] = False,
    ) -> AsyncIterator[StockChange]:
        call_of(info)
        context = info.context
        watched = await watch(context.now(), Search(near.place(), radius), drug_codes)
        async with context.bell.subscribe(*watched.topics) as wakeups:
            changes = await watched.changes(context.now())
            if not snapshot:
                changes = []
            while True:
                for change in changes:
                    context.renew()
                    yield StockChange.of(change, context.now())
                if await wakeups.wait(SLOW_TIMER):
                    await asyncio.sleep(GATHER)
                changes = await watched.changes(context.now())
