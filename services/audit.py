"""What a use case leaves on record: who did what, to whose affairs, and what came of it."""

from uuid import UUID

from tortoise.models import Model

from models import AuditEntry, Fill, Member, Prescription, Settlement
from services.actor import Call
from services.reading import is_on_record


async def audit(call: Call, verb: str, outcome: str, row: Model | None = None, *, subject: str = "") -> None:
    """Write an entry (审计记录) in the running transaction; `row` is what the use case gave.

    What is no row, such as a picture without one, is named by `subject`.
    """
    actor = call.actor
    member = await member_of(row) if row is not None else None
    await AuditEntry.create(
        at=call.now,
        actor=actor.caller,
        verb=verb,
        subject=str(row.pk) if row is not None else subject,
        outcome=outcome,
        member_id=member,
        actor_member_id=actor.member_id,
        role=actor.role,
        institution=actor.institution or actor.area or "",
    )
    if member is not None:
        is_on_record(member)


async def answered_before(row: Model) -> None:
    """The same answer once more (重发): the entry of the first time tells of it."""
    for member in (await member_of(row), getattr(row, "person_id", None)):
        if isinstance(member, UUID):
            is_on_record(member)


async def member_of(row: Model) -> UUID | None:
    """The member whom a row is about (所涉参保人), if it is about one."""
    if isinstance(row, Member):
        return row.id
    for name in ("member_id", "owner_id"):
        if isinstance(member := getattr(row, name, None), UUID):
            return member
    for name, model in (("fill_id", Fill), ("prescription_id", Prescription), ("settlement_id", Settlement)):
        if isinstance(key := getattr(row, name, None), UUID):
            found = await model.filter(id=key).values_list("member_id", flat=True)
            return UUID(str(found[0])) if found else None
    # a complaint that names no fill is about who complains
    complainant = getattr(row, "complainant_id", None)
    return complainant if isinstance(complainant, UUID) else None
