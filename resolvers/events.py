"""What happened, live: replay from a cursor, then follow the bell."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import strawberry

from policy.terms import Role
from schema.context import Info, call_of
from schema.event import Event, cursor, sequence_of
from services.access import may_listen
from services.errors import BadInput, CursorTooOld, Forbidden, NotFound
from services.events import PAGE, events_after, last_sequence
from services.topics import area_topic, institution_topic, member_topic

SLOW_TIMER = 15.0
"""Seconds after which a subscription reads again without a ring, so that a lost bell loses nothing."""

AfterEvent = Annotated[
    str | None, strawberry.argument(description="上次收到的事件游标; 缺省则只收此后的事件")
]
OfMember = Annotated[UUID | None, strawberry.argument(description="参保人编号; 缺省为本人, 可为授权的家人")]


def topic_of_member(info: Info, member_id: UUID | None) -> str:
    """The stream of the patient, or of a member who granted it."""
    actor = call_of(info).actor
    if actor.role != Role.PATIENT or actor.member_id is None:
        raise Forbidden("订阅参保人事件", [Role.PATIENT])
    return member_topic(member_id or actor.member_id)


def topic_of_institution(info: Info, what: str, *roles: Role) -> str:
    """The stream of the caller's institution."""
    call = call_of(info)
    call.require(what, *roles)
    return institution_topic(call.actor.institution or "")


def topic_of_area(info: Info) -> str:
    """The stream of the caller's pooling area."""
    call = call_of(info)
    call.require("订阅经办机构事件", Role.AGENCY)
    return area_topic(call.actor.area or "")


async def follow(info: Info, topic: str, after: str | None) -> AsyncIterator[Event]:
    """The events of a topic after a cursor, in order, each once; ends when authority ends.

    Ends as well when it has read everything and a shared subscription goes on from here.
    """
    context = info.context
    async with context.bell.subscribe(topic) as wakeups:
        await require_listening(info, topic)
        last = await last_sequence(topic)
        sequence = sequence_of(context.progress.after or after, topic)
        if sequence is None:
            sequence = last
        if sequence > last:
            raise BadInput("after", "游标超出了事件流,请不带 after 重新订阅并刷新数据。")
        while True:
            rows = await events_after(topic, sequence)
            if not rows and sequence < last:
                raise CursorTooOld
            for row in rows:
                await require_listening(info, topic)
                context.renew()
                context.progress.reach(row.sequence, cursor(row.sequence, topic))
                yield Event.of(row)
                sequence = row.sequence
            if len(rows) < PAGE:
                if context.progress.rest(sequence, cursor(sequence, topic)):
                    return
                await wakeups.wait(SLOW_TIMER)


async def require_listening(info: Info, topic: str) -> None:
    """Stop at the moment the caller may no longer hear this topic."""
    context = info.context
    if not await may_listen(context.require_actor(), topic, context.now()):
        raise NotFound("可订阅的事件流", topic.partition(":")[2])


@strawberry.type
class EventQuery:
    @strawberry.field(description="本人(或授权家人)事件流当前的游标: 先取它, 再订阅, 中间不漏")
    async def patient_event_cursor(self, info: Info, member_id: OfMember = None) -> str:
        topic = topic_of_member(info, member_id)
        await require_listening(info, topic)
        return cursor(await last_sequence(topic), topic)

    @strawberry.field(description="本机构事件流当前的游标")
    async def institution_event_cursor(self, info: Info) -> str:
        roles = (Role.PHARMACY, Role.PHARMACIST, Role.HOSPITAL)
        topic = topic_of_institution(info, "订阅机构事件", *roles)
        return cursor(await last_sequence(topic), topic)

    @strawberry.field(description="本统筹区监管事件流当前的游标")
    async def agency_event_cursor(self, info: Info) -> str:
        topic = topic_of_area(info)
        return cursor(await last_sequence(topic), topic)


@strawberry.type
class EventSubscription:
    @strawberry.subscription(description="患者事件: 处方流转、审方、可取药、结算、失效等")
    async def patient_events(
        self, info: Info, member_id: OfMember = None, after: AfterEvent = None
    ) -> AsyncIterator[Event]:
        async for event in follow(info, topic_of_member(info, member_id), after):
            yield event

    @strawberry.subscription(
        description="药店事件: 新的配药申请、取消、超时、身份核验结论、监管线索、调价提醒等"
    )
    async def pharmacy_events(self, info: Info, after: AfterEvent = None) -> AsyncIterator[Event]:
        topic = topic_of_institution(info, "订阅药店事件", Role.PHARMACY, Role.PHARMACIST)
        async for event in follow(info, topic, after):
            yield event

    @strawberry.subscription(description="医院事件: 药师质疑、处方去向等")
    async def hospital_events(self, info: Info, after: AfterEvent = None) -> AsyncIterator[Event]:
        topic = topic_of_institution(info, "订阅医院事件", Role.HOSPITAL)
        async for event in follow(info, topic, after):
            yield event

    @strawberry.subscription(description="经办机构事件: 本统筹区药店的监管线索与退出提醒")
    async def agency_events(self, info: Info, after: AfterEvent = None) -> AsyncIterator[Event]:
        async for event in follow(info, topic_of_area(info), after):
            yield event
