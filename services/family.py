"""One member lets another see, buy or pay (亲情共济): invited by one, accepted by both, ended by either."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from tortoise.expressions import Q

from models import FamilyGrant, FamilyInvitation, Member
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.rule import broken
from policy.terms import EventKind, InvitationState
from policy.violation import Code
from services.actor import Actor, Call, Keys
from services.errors import BadInput, NotFound, Refused
from services.family_offers import Offer, check_offer, term_of, whole
from services.family_people import (
    NamedPerson,
    about_invitation,
    lock_members,
    named,
    person_of,
    require_member,
    require_own_number,
    tail_hash,
)
from services.law import lawful
from services.short_codes import digits_of, read_digits
from services.topics import member_topic
from services.use_case import Work, use_case

CODE_DIGITS = 10
PENDING = (InvitationState.OPEN, InvitationState.AWAITING_OWNER)
PENDING_MAX = 10
"""So many invitations of one owner may wait for an answer at once."""


def code_of(invitation_id: UUID, keys: Keys, kept: str = "") -> str:
    """The ten digits of an invitation (邀请码); never stored, derived again when its owner asks."""
    return digits_of(keys, f"family-invitation:{invitation_id}", CODE_DIGITS, kept)


def invitations_of(actor: Actor) -> Q:
    """The invitations (亲情共济邀请) a patient has sent, or was sent by name."""
    return Q(owner_id=actor.member_id) | Q(proxy_id=actor.member_id)


def grants_of(actor: Actor) -> Q:
    """The grants (亲情共济授权) a patient has given or holds."""
    return Q(owner_id=actor.member_id) | Q(proxy_id=actor.member_id)


async def invite_family(
    call: Call, offer: Offer, own_id_tail: str, proxy_id_number: str = "", proxy_name: str = ""
) -> FamilyInvitation:
    """Invite a family member (邀请亲情共济, YL-51): by number and name, or else by a code to be typed.

    Whether a named person is insured here is not told: the answer looks the same.
    """
    check_offer(offer)
    is_named = bool(proxy_id_number.strip() or proxy_name.strip())
    who = named(call, proxy_id_number, proxy_name) if is_named else None
    return await keep_invitation(call, offer=offer, who=who, tail=tail_hash(call, own_id_tail))


@use_case("inviteFamily", FamilyInvitation)
async def keep_invitation(work: Work, offer: Offer, who: NamedPerson | None, tail: str) -> FamilyInvitation:
    """Write the invitation and tell both, as far as they are known."""
    owner_id = require_member(work, "邀请亲情共济")
    await require_own_number(work, "inviteFamily", tail)
    owner = (await lock_members([owner_id]))[owner_id]
    waiting = FamilyInvitation.filter(owner_id=owner_id, state__in=PENDING, expires_at__gt=work.now)
    if await waiting.count() >= PENDING_MAX:
        text = f"已有 {PENDING_MAX} 个邀请待处理。请先撤回不需要的邀请。"
        raise Refused([about_invitation(Code.FAMILY_INVITATIONS_TOO_MANY, text)])
    keys = work.call.tools.keys
    if who is not None and owner.id_number_hash in who.id_hashes:
        raise BadInput("proxyIdNumber", "不能邀请本人。")
    proxy = await person_of(keys, who) if who is not None else None
    key = uuid4()
    invitation = await FamilyInvitation.create(
        id=key,
        owner=owner,
        proxy=proxy,
        is_named=who is not None,
        code_hash=None if who is not None else keys.lookup_hash(code_of(key, keys)),
        relation=offer.relation,
        scopes=whole(offer.scopes),
        pay_limit=offer.pay_limit,
        pay_limit_month=offer.pay_limit_month,
        pay_limit_year=offer.pay_limit_year,
        term_days=term_of(offer, owner, work.now),
        invited_at=work.now,
        expires_at=work.now + answer_term(owner, work, by_code=who is None),
    )
    tell_both(work, EventKind.FAMILY_INVITED, invitation)
    return invitation


def answer_term(owner: Member, work: Work, *, by_code: bool) -> timedelta:
    """How long an invitation waits for an answer (邀请有效期): a code, which others may see, not long."""
    day = shanghai_day(work.now)
    with lawful():
        if by_code:
            return timedelta(minutes=parameter("family_invitation_code_minutes", owner.area, on=day).count)
        return timedelta(days=parameter("family_invitation_days", owner.area, on=day).days)


async def accept_family(
    call: Call, own_id_tail: str, invitation_id: UUID | None = None, code: str | None = None
) -> FamilyInvitation:
    """Accept an invitation (接受亲情共济, YL-51), each side in the knowledge of its own identity number."""
    if (invitation_id is None) == (code is None):
        raise BadInput("invitationId", "请给出邀请编号或邀请码,二者之一。")
    hashes: Sequence[str] = ()
    if code is not None:
        digits = read_digits("code", code, CODE_DIGITS, "邀请码为 10 位数字,请核对后重填。")
        hashes = call.tools.keys.lookup_hashes(digits)
    tail = tail_hash(call, own_id_tail)
    return await keep_acceptance(call, tail=tail, invitation_id=invitation_id, code_hashes=hashes)


@use_case("acceptFamily", FamilyInvitation)
async def keep_acceptance(
    work: Work, tail: str, invitation_id: UUID | None, code_hashes: Sequence[str]
) -> FamilyInvitation:
    """Write that one side accepts; with the second side's word the grant holds.

    Who named the other has given his word with the invitation. Who gave out a code gives it when he has
    seen who typed it.
    """
    caller = require_member(work, "接受亲情共济")
    await require_own_number(work, "acceptFamily", tail)
    if code_hashes:
        invitation = await by_code(work, code_hashes)
    else:
        invitation = await lock_invitation(work, invitation_id)
    require_pending(work, invitation)
    if caller == invitation.owner_id:
        if invitation.state != InvitationState.AWAITING_OWNER:
            raise Refused([broken(Code.STATE_FORBIDS, "YL-4", "对方尚未接受,请等对方接受后再确认。")])
        await grant(work, invitation)
    elif invitation.is_named:
        await grant(work, invitation)
    elif invitation.state == InvitationState.OPEN:
        owner = await Member.get(id=invitation.owner_id)
        invitation.proxy_id, invitation.state = caller, InvitationState.AWAITING_OWNER
        invitation.expires_at = work.now + answer_term(owner, work, by_code=False)
        await invitation.save(update_fields=["proxy_id", "state", "expires_at"])
    else:
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", "您已接受,请等授权人确认。")])
    tell_both(work, EventKind.FAMILY_ACCEPTED, invitation)
    return invitation


async def by_code(work: Work, code_hashes: Sequence[str]) -> FamilyInvitation:
    """The locked invitation of a code that somebody else gave out; a code is taken once."""
    row = await FamilyInvitation.select_for_update().get_or_none(code_hash__in=code_hashes)
    if row is None or row.owner_id == work.actor.member_id:
        text = "邀请码无效。请核对,或请家人重新生成;不能接受自己发出的邀请。"
        raise Refused([about_invitation(Code.FAMILY_INVITATION_WRONG, text)])
    if row.state != InvitationState.OPEN and row.proxy_id != work.actor.member_id:
        raise Refused([about_invitation(Code.FAMILY_INVITATION_STALE, "邀请码已使用。请家人重新生成。")])
    return row


async def lock_invitation(work: Work, key: UUID | None) -> FamilyInvitation:
    """An invitation of the caller's, from either side, locked."""
    row = await FamilyInvitation.select_for_update().get_or_none(invitations_of(work.actor), id=key)
    if row is None:
        raise NotFound("亲情共济邀请", key)
    return row


def require_pending(work: Work, invitation: FamilyInvitation) -> None:
    """Refuse an invitation that is over."""
    if invitation.state not in PENDING:
        text = f"邀请状态为 {invitation.state},不能再处理。"
        raise Refused([about_invitation(Code.FAMILY_INVITATION_STALE, text)])
    if invitation.expires_at <= work.now:
        text = "邀请已过期。请授权人重新邀请。"
        raise Refused([about_invitation(Code.FAMILY_INVITATION_STALE, text)])


async def grant(work: Work, invitation: FamilyInvitation) -> None:
    """Let the grant hold from now on; it takes the place of an earlier one between the same two."""
    owner_id, proxy_id = invitation.owner_id, invitation.proxy_id
    assert proxy_id is not None
    await lock_members([owner_id, proxy_id])
    earlier = FamilyGrant.filter(owner_id=owner_id, proxy_id=proxy_id, revoked_at__isnull=True)
    await earlier.update(revoked_at=work.now)
    given = await FamilyGrant.create(
        owner_id=owner_id,
        proxy_id=proxy_id,
        relation=invitation.relation,
        scopes=invitation.scopes,
        pay_limit=invitation.pay_limit,
        pay_limit_month=invitation.pay_limit_month,
        pay_limit_year=invitation.pay_limit_year,
        since=work.now,
        until=work.now + timedelta(days=invitation.term_days),
    )
    invitation.grant_id, invitation.state, invitation.closed_at = given.id, InvitationState.ACCEPTED, work.now
    await invitation.save(update_fields=["grant_id", "state", "closed_at"])


@use_case("declineFamily", FamilyInvitation)
async def decline_family(work: Work, invitation_id: UUID) -> FamilyInvitation:
    """Decline an invitation, or take one's own back (谢绝或撤回邀请)."""
    require_member(work, "谢绝亲情共济")
    invitation = await lock_invitation(work, invitation_id)
    require_pending(work, invitation)
    invitation.state, invitation.closed_at = InvitationState.DECLINED, work.now
    await invitation.save(update_fields=["state", "closed_at"])
    tell_both(work, EventKind.FAMILY_DECLINED, invitation)
    return invitation


@use_case("revokeFamily", FamilyGrant)
async def revoke_family(work: Work, grant_id: UUID) -> FamilyGrant:
    """End a grant at once, by either side (撤销亲情共济, YL-51). One that has ended stays as it is.

    The members are locked, as a settlement locks them: what is paid by the grant is paid before, or not.
    """
    require_member(work, "撤销亲情共济")
    seen = await FamilyGrant.get_or_none(grants_of(work.actor), id=grant_id)
    if seen is None:
        raise NotFound("亲情共济授权", grant_id)
    await lock_members([seen.owner_id, seen.proxy_id])
    ended = await FamilyGrant.select_for_update().get(id=grant_id)
    if ended.revoked_at is None:
        ended.revoked_at = work.now
        await ended.save(update_fields=["revoked_at"])
        topics = member_topic(ended.owner_id), member_topic(ended.proxy_id)
        work.tell(EventKind.FAMILY_REVOKED, *topics, subject_id=ended.id)
    return ended


def tell_both(work: Work, kind: EventKind, invitation: FamilyInvitation) -> None:
    """Tell both sides of an invitation what became of it."""
    known = [key for key in (invitation.owner_id, invitation.proxy_id) if key is not None]
    work.tell(kind, *map(member_topic, known), subject_id=invitation.id)
