"""The code by which a proxy shows a family grant at the counter (亲情展码, FJ-7.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from models import FamilyCode, Fill, IdentityCheck, Institution, Member, Prescription
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.rule import broken
from policy.terms import EventKind, GrantScope, IdentityMethod, Role, Verdict
from policy.violation import Code, Violation
from services.access import get_fill, grant_between
from services.actor import Keys
from services.errors import NotFound, Refused
from services.family_people import require_member
from services.fills import lock_fill, tell
from services.identity import check_goods, goods_of, require_unsettled
from services.law import lawful
from services.short_codes import digits_of, is_same, read_digits, refuse_guessers
from services.use_case import Work, use_case

DIGITS = 24
"""Neither as long as a pick-up code nor as a trace code: a scanner can't take one for the other."""


def code_of(row: FamilyCode, keys: Keys) -> str:
    """The digits of a family code: a keyed digest of all that it is bound to, so that no row can be bent."""
    bound = f"{row.id}:{row.owner_id}:{row.proxy_id}:{row.fill_id}:{int(row.expires_at.timestamp() * 1000)}"
    return digits_of(keys, f"family-code:{bound}", DIGITS, row.code_hash)


@use_case("showFamilyCode", FamilyCode)
async def show_family_code(work: Work, member_id: UUID, fill_id: UUID | None = None) -> FamilyCode:
    """Make a fresh family code (出示亲情展码) for one fill, or for whatever one buys for the member.

    The caller's earlier ones for this member end.
    """
    proxy_id = require_member(work, "出示亲情展码")
    if await grant_between(member_id, proxy_id, GrantScope.BUY, work.now) is None:
        raise NotFound("授权您代购的参保人", member_id)
    owner = await Member.get(id=member_id)
    area = owner.area
    if fill_id is not None:
        area = await area_of_own(work, fill_id, owner, proxy_id)
    day = shanghai_day(work.now)
    with lawful():
        require_accepted(area, work.now, None)
        life = timedelta(minutes=parameter("family_code_minutes", area, on=day).count)
    earlier = FamilyCode.filter(owner_id=owner.id, proxy_id=proxy_id, used_at__isnull=True)
    await earlier.filter(expires_at__gt=work.now).update(expires_at=work.now)
    row = FamilyCode(
        id=uuid4(),
        owner_id=owner.id,
        proxy_id=proxy_id,
        fill_id=fill_id,
        shown_at=work.now,
        expires_at=work.now + life,
    )
    row.code_hash = work.call.tools.keys.lookup_hash(code_of(row, work.call.tools.keys))
    await row.save(force_create=True)
    return row


async def area_of_own(work: Work, fill_id: UUID, owner: Member, proxy_id: UUID) -> str:
    """The area of a fill that the caller buys for the member, at a pharmacy that takes the code."""
    fill = await get_fill(work.actor, fill_id, work.now)
    if (fill.member_id, fill.buyer_id) != (owner.id, proxy_id):
        raise NotFound("您为该参保人代购的配药", fill_id)
    require_unsettled(fill)
    area = (await Prescription.get(id=fill.prescription_id)).area
    with lawful():
        require_accepted(area, work.now, await Institution.get(code=fill.pharmacy_id))
    return area


@use_case("submitFamilyCode", IdentityCheck)
async def submit_family_code(
    work: Work, fill_id: UUID, code: str, goods: Sequence[str] = ()
) -> IdentityCheck:
    """Take the code that the proxy shows at the counter (凭亲情展码代购): a check of the person present."""
    work.call.require("核验亲情展码", Role.PHARMACY, Role.PHARMACIST)
    check_goods(goods)
    prescription, fill = await lock_fill(work, fill_id)
    require_unsettled(fill)
    with lawful():
        require_accepted(prescription.area, work.now, await Institution.get(code=fill.pharmacy_id))
    row = await redeem(work, code, fill)
    row.used_at = work.now
    await row.save(update_fields=["used_at"])
    check = await IdentityCheck.create(
        fill=fill,
        person_id=fill.buyer_id,
        method=IdentityMethod.FAMILY_CODE,
        verdict=Verdict.MATCH,
        goods=list(goods) or await goods_of(fill),
        operator=work.actor.caller,
        submitted_at=work.now,
        decided_at=work.now,
    )
    tell(work, fill, EventKind.IDENTITY_DECIDED, check.id)
    return check


async def redeem(work: Work, code: str, fill: Fill) -> FamilyCode:
    """The row a shown code stands for, locked; or why it does not do for this fill."""
    digits = read_digits("code", code, DIGITS, f"亲情展码为 {DIGITS} 位数字,请代购人刷新后重新出示。")
    locked = about_code(Code.FAMILY_TRIES_LOCKED, "亲情展码错误次数过多,请 10 分钟后再试。")
    await refuse_guessers(work, "submitFamilyCode", [Code.FAMILY_CODE_WRONG], locked)
    keys = work.call.tools.keys
    row = await FamilyCode.select_for_update().get_or_none(code_hash__in=keys.lookup_hashes(digits))
    fresh = "请代购人刷新后重新出示。"
    if row is None or (row.expires_at > work.now and not is_same(code_of(row, keys), digits)):
        raise Refused([about_code(Code.FAMILY_CODE_WRONG, f"亲情展码无效。{fresh}")])
    if row.used_at is not None:
        raise Refused([about_code(Code.FAMILY_CODE_USED, f"亲情展码已使用过,每码只用一次。{fresh}")])
    if row.expires_at <= work.now:
        raise Refused([about_code(Code.FAMILY_CODE_EXPIRED, f"亲情展码已过期。{fresh}")])
    if (row.owner_id, row.proxy_id) != (fill.member_id, fill.buyer_id) or row.fill_id not in (None, fill.id):
        text = "亲情展码不属于这笔配药:参保人、代购人或配药不符。请核对,或改查验双方身份证。"
        raise Refused([about_code(Code.FAMILY_CODE_OTHER, text)])
    if await grant_between(row.owner_id, row.proxy_id, GrantScope.BUY, work.now) is None:
        text = "患者已撤销代购授权,亲情展码不再有效。请改查验双方身份证。"
        raise Refused([broken(Code.FAMILY_GRANT_MISSING, "YL-9", text)])
    return row


def require_accepted(area: str, now: datetime, pharmacy: Institution | None) -> None:
    """Refuse the code where the area, or the pharmacy, does not take it (FJ-7.5, SX-12)."""
    allowed = parameter("proxy_family_code", area, on=shanghai_day(now))
    instead = "请代购人携带双方身份证到店核验。"
    if not allowed.flag:
        text = f"本地区代购须查验双方证件,不能凭亲情展码。{instead}"
        raise Refused([broken(Code.FAMILY_CODE_NOT_ACCEPTED, allowed.rule, text, basis=allowed.basis)])
    if pharmacy is not None and not pharmacy.accepts_family_code:
        text = f"{pharmacy.name}不受理亲情展码。{instead}"
        raise Refused([about_code(Code.FAMILY_CODE_NOT_ACCEPTED, text)])


async def has_shown_code(fill: Fill, pharmacy: Institution, now: datetime) -> bool:
    """Whether the buyer's family code was taken for this fill, and the grant behind it still holds."""
    if fill.buyer_id == fill.member_id or not pharmacy.accepts_family_code:
        return False
    checks = IdentityCheck.filter(
        fill_id=fill.id, method=IdentityMethod.FAMILY_CODE, verdict=Verdict.MATCH, person_id=fill.buyer_id
    )
    if not await checks.exists():
        return False
    return await grant_between(fill.member_id, fill.buyer_id, GrantScope.BUY, now) is not None


def about_code(code: Code, text: str) -> Violation:
    """A refusal that has to do with the family code."""
    return broken(code, "YL-50", text)
