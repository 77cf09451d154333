"""Who may see what (可见范围), written once: every read and every write starts from these filters."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tortoise.expressions import Q, Subquery

from models import Case, FamilyGrant, Fill, Institution, Member, Payment, Prescription, Settlement
from models.remembered import row_of, rows_of, the_row, values_of
from policy.terms import GrantScope, InstitutionKind, PersonalData, Role
from services.actor import Actor, Call
from services.errors import BadInput, Forbidden, NotFound, check_text
from services.people import UNSOLD
from services.reading import note

M = TypeVar("M", Payment, Prescription, Fill, Settlement)

NOTHING = Q(pk__isnull=True)
EVERYTHING = Q()


def live_grants(now: datetime) -> Q:
    """Family grants (亲情共济授权) in force."""
    return Q(revoked_at__isnull=True, since__lte=now) & (Q(until__isnull=True) | Q(until__gt=now))


async def grant_between(
    owner_id: UUID, proxy_id: UUID, scope: GrantScope, now: datetime
) -> FamilyGrant | None:
    """The grant by which `proxy` may do `scope` for `owner`, if there is one."""
    grants = await rows_of(FamilyGrant, live_grants(now), Q(owner_id=owner_id, proxy_id=proxy_id))
    return next((grant for grant in grants if scope in grant.scopes), None)


async def visible_members(actor: Actor, now: datetime) -> list[UUID]:
    """The members whose affairs a patient may see (可查看的参保人): oneself, and who granted it."""
    if actor.role != Role.PATIENT or actor.member_id is None:
        return []
    mine = live_grants(now), Q(proxy_id=actor.member_id)
    grants = await values_of(FamilyGrant, *mine, names=("owner_id", "scopes"))
    return [actor.member_id, *(owner for owner, scopes in grants if GrantScope.SEE in scopes)]


async def prescriptions_of(actor: Actor, now: datetime) -> Q:
    """The prescriptions (处方) that the caller may see."""
    match actor.role:
        case Role.PATIENT:
            return Q(member_id__in=await visible_members(actor, now))
        case Role.HOSPITAL:
            return Q(hospital_id=actor.institution)
        case Role.PHARMACY | Role.PHARMACIST:
            # what it did not sell is none of its business any more
            claimed = Fill.filter(~Q(state__in=UNSOLD), pharmacy_id=actor.institution)
            return Q(id__in=Subquery(claimed.values("prescription_id")))
        case Role.AGENCY:
            return Q(area=actor.area) | Q(member__area=actor.area)
        case Role.SUPERVISOR | Role.SERVICE:
            return EVERYTHING
    return NOTHING


async def fills_of(actor: Actor, now: datetime) -> Q:
    """The fills (配药) that the caller may see."""
    match actor.role:
        case Role.PATIENT:
            return Q(member_id__in=await visible_members(actor, now))
        case Role.HOSPITAL:
            return Q(prescription__hospital_id=actor.institution)
        case Role.PHARMACY | Role.PHARMACIST:
            return Q(pharmacy_id=actor.institution)
        case Role.AGENCY:
            return Q(pharmacy__area=actor.area) | Q(member__area=actor.area)
        case Role.SUPERVISOR | Role.SERVICE:
            return EVERYTHING
    return NOTHING


async def settlements_of(actor: Actor, now: datetime) -> Q:
    """The settlements (结算) that the caller may see."""
    match actor.role:
        case Role.PATIENT:
            return Q(member_id__in=await visible_members(actor, now))
        case Role.HOSPITAL:
            return Q(hospital_id=actor.institution)
        case Role.PHARMACY | Role.PHARMACIST:
            return Q(pharmacy_id=actor.institution)
        case Role.AGENCY:
            return Q(area=actor.area) | Q(pharmacy__area=actor.area)
        case Role.SUPERVISOR | Role.SERVICE:
            return EVERYTHING
    return NOTHING


async def payments_of(actor: Actor, now: datetime) -> Q:
    """The external payments (线上支付) that the caller may see: who pays, who is paid, who watches."""
    match actor.role:
        case Role.PATIENT:
            return Q(member_id__in=await visible_members(actor, now))
        case Role.PHARMACY | Role.PHARMACIST:
            return Q(pharmacy_id=actor.institution)
        case Role.SUPERVISOR | Role.SERVICE:
            return EVERYTHING
    return NOTHING


async def seen_row(
    model: type[M], rule: Callable[[Actor, datetime], Awaitable[Q]], actor: Actor, key: UUID, now: datetime
) -> M | None:
    """One row the caller may see (可见的一行): for a patient's own nobody is asked for who granted what."""
    if actor.role == Role.PATIENT and actor.member_id is not None:
        own = await row_of(model, Q(id=key, member_id=actor.member_id))
        if own is not None:
            return own
    return await row_of(model, await rule(actor, now), Q(id=key))


async def get_payment(actor: Actor, key: UUID, now: datetime) -> Payment:
    """One payment the caller may see, or `NotFound`."""
    row = await seen_row(Payment, payments_of, actor, key, now)
    if row is None:
        raise NotFound("线上支付", key)
    return row


async def payment_of_number(provider: str, number: str) -> Payment:
    """The payment that a provider tells of, or `NotFound`."""
    row = await Payment.get_or_none(provider=provider, number=number)
    if row is None:
        raise NotFound("线上支付", number)
    return row


def cases_of(actor: Actor) -> Q:
    """The cases (监管线索) that the caller may see; a patient's are those the patient complained of."""
    match actor.role:
        case Role.PATIENT if actor.member_id is not None:
            return Q(complainant_id=actor.member_id)
        case Role.PHARMACY | Role.PHARMACIST:
            return Q(pharmacy_id=actor.institution)
        case Role.AGENCY:
            return Q(pharmacy__area=actor.area)
        case Role.SUPERVISOR | Role.SERVICE:
            return EVERYTHING
    return NOTHING


async def get_prescription(actor: Actor, key: UUID, now: datetime) -> Prescription:
    """One prescription the caller may see, or `NotFound`: whether it exists is not told."""
    row = await seen_row(Prescription, prescriptions_of, actor, key, now)
    if row is None:
        raise NotFound("处方", key)
    note(row.member_id, PersonalData.PRESCRIPTION)
    return row


async def get_fill(actor: Actor, key: UUID, now: datetime) -> Fill:
    """One fill the caller may see, or `NotFound`."""
    row = await seen_row(Fill, fills_of, actor, key, now)
    if row is None:
        raise NotFound("配药", key)
    note(row.member_id, PersonalData.FILL)
    return row


async def get_settlement(actor: Actor, key: UUID, now: datetime) -> Settlement:
    """One settlement the caller may see, or `NotFound`."""
    row = await seen_row(Settlement, settlements_of, actor, key, now)
    if row is None:
        raise NotFound("结算", key)
    return row


async def get_case(actor: Actor, key: UUID) -> Case:
    """One case the caller may see, or `NotFound`."""
    row = await row_of(Case, cases_of(actor), Q(id=key))
    if row is None:
        raise NotFound("监管线索", key)
    return row


SUPERVISES = (Role.PHARMACY, Role.PHARMACIST, Role.AGENCY, Role.SUPERVISOR, Role.SERVICE)
"""Who looks at a pharmacy's stock account and prices: itself, and those who watch it."""


async def supervised_pharmacy(call: Call, what: str, code: str | None) -> Institution:
    """The pharmacy whose books the caller may look into (监管对象): its own unless another is named."""
    call.require(what, *SUPERVISES)
    actor = call.actor
    mine = EVERYTHING
    if actor.role in (Role.PHARMACY, Role.PHARMACIST):
        mine = Q(code=actor.institution)
    elif actor.role == Role.AGENCY:
        mine = Q(area=actor.area)
    wanted = actor.institution if code is None else code
    if wanted is None:
        raise BadInput("pharmacyCode", "请给出药店的定点医药机构编码。")
    check_text("pharmacyCode", wanted, 12)
    row = await Institution.filter(mine, code=wanted, kind=InstitutionKind.PHARMACY).first()
    if row is None:
        raise NotFound("药店", wanted)
    return row


async def get_member(actor: Actor, key: UUID | None, now: datetime) -> Member:
    """The member a patient asks about: oneself, or one who granted it; or `NotFound`."""
    if actor.role != Role.PATIENT or actor.member_id is None:
        raise Forbidden("查询参保人", [Role.PATIENT])
    wanted = key or actor.member_id
    if wanted != actor.member_id and wanted not in await visible_members(actor, now):
        raise NotFound("参保人", wanted)
    return await the_row(Member, Q(id=wanted))


async def get_enrollee(actor: Actor, key: UUID | None) -> Member:
    """The member whose face is enrolled: oneself, or, for an agency's clerk, somebody of the area."""
    if actor.role == Role.AGENCY:
        row = await Member.get_or_none(id=key, area=actor.area) if key else None
    else:
        row = await Member.get_or_none(id=actor.member_id) if key in (None, actor.member_id) else None
    if row is None:
        raise NotFound("参保人", key or "(未指明)")
    return row


async def may_listen(actor: Actor, topic: str, now: datetime) -> bool:
    """Whether the caller may hear the events of a topic (事件订阅权限) at this moment."""
    kind, _, owner = topic.partition(":")
    if kind == "institution":
        return actor.institution == owner
    if kind == "area":
        return actor.role == Role.AGENCY and actor.area == owner
    return UUID(owner) in await visible_members(actor, now)
