"""Link a mini-program's account to a member (绑定参保人): by number, name, and a code given out in person."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from models import AccountLink, Device, IdentityCheck, Institution, LinkCode, Member
from policy.calendar import shanghai_day
from policy.dispensing import check_card
from policy.terms import EventKind, IdentityMethod, Role, Verdict
from policy.violation import Code
from services.actor import Actor, Call, Keys
from services.card_reading import reference_of
from services.errors import BadInput, NotFound, Refused
from services.family_people import NamedPerson, named, person_of
from services.law import lawful
from services.mini_accounts import account_on, link_of, sealed
from services.sessions import LIFE, Session, about, live_device, presented, session_of, sessions_of
from services.short_codes import digits_of, read_digits, refuse_guessers
from services.topics import member_topic
from services.use_case import Work, use_case

DIGITS = 10
CODE_LIFE = timedelta(minutes=30)
CHECK_LIFE = timedelta(minutes=30)
"""So long after a check that matched, the counter may give out a code."""


def code_of(row_id: UUID, keys: Keys, kept: str = "") -> str:
    """The ten digits of a link code (绑定码); never stored, derived again when its issuer asks."""
    return digits_of(keys, f"link-code:{row_id}", DIGITS, kept)


@use_case("issueLinkCode", LinkCode)
async def issue_link_code(work: Work, psn_no: str | None = None, check_id: UUID | None = None) -> LinkCode:
    """Give out a code to a member who is present (发放绑定码, YL-53); the member's earlier ones end.

    An agency's clerk has looked at the papers; a counter has a check of this person that matched.
    """
    work.call.require("发放绑定码", Role.AGENCY, Role.PHARMACY, Role.PHARMACIST)
    if work.actor.role == Role.AGENCY:
        member_id = await of_agency(work, psn_no)
    else:
        member_id = await of_counter(work, check_id)
    await LinkCode.filter(member_id=member_id, used_at=None, expires_at__gt=work.now).update(
        expires_at=work.now
    )
    key = uuid4()
    return await LinkCode.create(
        id=key,
        member_id=member_id,
        code_hash=work.call.tools.keys.lookup_hash(code_of(key, work.call.tools.keys)),
        issued_by=work.actor.caller,
        issued_at=work.now,
        expires_at=work.now + CODE_LIFE,
    )


async def of_agency(work: Work, psn_no: str | None) -> UUID:
    """The member of the clerk's own area."""
    if not psn_no:
        raise BadInput("psnNo", "请填写参保人的人员编号。")
    member = await Member.get_or_none(psn_no=psn_no[:30], area=work.actor.area)
    if member is None:
        raise NotFound("参保人", psn_no[:30])
    return member.id


async def of_counter(work: Work, check_id: UUID | None) -> UUID:
    """The person of a fresh check of this pharmacy that matched, by face or by documents."""
    if check_id is None:
        raise BadInput("checkId", "请填写刚通过的身份核验编号。")
    check = await IdentityCheck.get_or_none(
        id=check_id,
        fill__pharmacy_id=work.actor.institution,
        verdict=Verdict.MATCH,
        method__in=[IdentityMethod.FACE, IdentityMethod.MANUAL],
        decided_at__gt=work.now - CHECK_LIFE,
    )
    if check is None or not await shows_own_card(work, check):
        raise NotFound("30 分钟内通过的身份核验", check_id)
    return check.person_id


async def shows_own_card(work: Work, check: IdentityCheck) -> bool:
    """Whether the face was not compared with a card, or with one that is this person's (本人证件)."""
    card = await reference_of(check)
    if card is None:
        return True
    pharmacy = await Institution.get(code=work.actor.institution)
    with lawful():
        return not check_card(pharmacy.area, shanghai_day(work.now), "身份证", card, "YL-53")


async def link_member(call: Call, token: str, id_number: str, name: str, code: str) -> Session:
    """Link the account that signed in on this device to a member (绑定参保人, YL-53)."""
    sessions_of(call)
    shown = presented(call.tools.keys, token)
    who = named(call, id_number, name)
    digits = read_digits("linkCode", code, DIGITS, "绑定码为 10 位数字,请向医保经办窗口或药店索取。")
    device = await Device.get_or_none(id=shown.device_id)
    # guesses are counted by the account, wherever they come from
    account = device.openid_hash[:32] if device else "none"
    by = Actor(Role.PATIENT, f"account:{account}")
    linked = await keep_link(
        Call(by, call.now, call.tools),
        device_id=shown.device_id,
        generation=shown.generation,
        who=who,
        code_hashes=call.tools.keys.lookup_hashes(digits),
    )
    return session_of(call, linked)


@use_case("linkMember", Device)
async def keep_link(
    work: Work, device_id: UUID, generation: int, who: NamedPerson, code_hashes: Sequence[str]
) -> Device:
    """Write the link, and the device's member; what was linked before to another member ends."""
    locked = about(Code.SIGN_IN_LOCKED, "绑定信息错误次数过多,请 10 分钟后再试。")
    await refuse_guessers(work, "linkMember", [Code.LINK_REFUSED], locked)
    device = await live_device(work, device_id)
    if generation != device.generation:
        raise Refused([about(Code.SESSION_ENDED, "登录已失效。请重新登录后再绑定。")])
    member = await person_of(work.call.tools.keys, who)
    row = await LinkCode.select_for_update().get_or_none(code_hash__in=code_hashes)
    is_good = row is not None and row.used_at is None and row.expires_at > work.now
    if member is None or row is None or not is_good or row.member_id != member.id:
        text = "证件号码、姓名或绑定码不符,或绑定码已过期。请核对,或请窗口重新发码。"
        raise Refused([about(Code.LINK_REFUSED, text)])
    row.used_at = work.now
    await row.save(update_fields=["used_at"])
    await link_account(work, device, member.id)
    device.member_id, device.expires_at = member.id, work.now + LIFE
    await device.save(update_fields=["member_id", "expires_at"])
    work.tell(EventKind.DEVICE_LINKED, member_topic(member.id), subject_id=device.id)
    return device


async def link_account(work: Work, device: Device, member_id: UUID) -> None:
    """Link the device's account to the member; its devices of another member end."""
    keys = work.call.tools.keys
    account = account_on(keys, device)
    hashes = account.hashes if account else [device.openid_hash]
    others = Device.filter(openid_hash__in=hashes, ended_at=None).exclude(id=device.id)
    await others.exclude(member_id=member_id).update(ended_at=work.now)
    link = await link_of(keys, account) if account else await AccountLink.get_or_none(openid_hash=hashes[0])
    if link is not None:
        link.member_id, link.linked_at = member_id, work.now
        await link.save(update_fields=["member_id", "linked_at"])
        return
    link_id = uuid4()
    await AccountLink.create(
        id=link_id,
        openid_hash=hashes[0],
        openid_sealed=sealed(keys, account, "account_link", link_id) if account else None,
        member_id=member_id,
        linked_at=work.now,
    )
