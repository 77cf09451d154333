"""The rotating code by which a patient at the counter hands a prescription to the pharmacy (取药码)."""

from datetime import timedelta
from uuid import UUID, uuid4

from models import PickupCode, Prescription
from policy.rule import broken
from policy.terms import GrantScope, PrescriptionState, Role
from policy.violation import Code, Violation
from services.access import get_prescription, grant_between
from services.actor import Keys
from services.errors import Forbidden, Refused
from services.short_codes import digits_of, read_digits, refuse_guessers
from services.use_case import Work, use_case

LIFE = timedelta(minutes=2)
"""How long a code is valid. A phone shows the next one before this one ends."""

DIGITS = 10


@use_case("showPickupCode", PickupCode)
async def show_pickup_code(work: Work, prescription_id: UUID) -> PickupCode:
    """Make a fresh pick-up code for a prescription; the caller's earlier ones end."""
    work.call.require("出示取药码", Role.PATIENT)
    prescription = await get_prescription(work.actor, prescription_id, work.now)
    if prescription.state not in (PrescriptionState.ACTIVE, PrescriptionState.PARTLY_DISPENSED):
        text = f"处方状态为 {prescription.state},不能再取药。"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", text)])
    shown_by = work.actor.member_id
    assert shown_by is not None
    if shown_by != prescription.member_id:
        grant = await grant_between(prescription.member_id, shown_by, GrantScope.BUY, work.now)
        if grant is None:
            raise Forbidden("为他人出示取药码", ["有代购授权的家庭成员"])
    await PickupCode.filter(
        prescription_id=prescription.id, shown_by_id=shown_by, used_at__isnull=True
    ).update(expires_at=work.now)
    key = uuid4()
    return await PickupCode.create(
        id=key,
        prescription=prescription,
        shown_by_id=shown_by,
        code_hash=work.call.tools.keys.lookup_hash(plain_code(key, work.call.tools.keys)),
        expires_at=work.now + LIFE,
    )


def plain_code(key: UUID, keys: Keys, kept: str = "") -> str:
    """The ten digits of a pick-up code; never stored, derived again when its owner asks."""
    return digits_of(keys, f"pickup:{key}", DIGITS, kept)


async def redeem(work: Work, code: str) -> tuple[Prescription, UUID]:
    """The prescription a code stands for and who showed it; a code is used once (取药码核销)."""
    digits = read_digits("code", code, DIGITS, "取药码为 10 位数字,请让患者刷新后重新出示。")
    locked = about_code(Code.PICKUP_CODE_LOCKED, "取药码错误次数过多,请 10 分钟后再试。")
    await refuse_guessers(work, "claimPrescription", [Code.PICKUP_CODE_WRONG], locked)
    # locked, so that of two pharmacies with the same code the second finds it used
    row = await PickupCode.select_for_update().get_or_none(
        code_hash__in=work.call.tools.keys.lookup_hashes(digits)
    )
    if row is None:
        text = "取药码无效。请让患者刷新后重新出示。"
        raise Refused([about_code(Code.PICKUP_CODE_WRONG, text)])
    if row.used_at is not None or row.expires_at <= work.now:
        # a real code, only late: nobody is guessing, and it does not count towards the lock
        text = "取药码已过期或已使用。请让患者刷新后重新出示。"
        raise Refused([about_code(Code.PICKUP_CODE_STALE, text)])
    await PickupCode.filter(id=row.id).update(used_at=work.now)
    return await Prescription.get(id=row.prescription_id), row.shown_by_id


def about_code(code: Code, text: str) -> Violation:
    """A refusal that has to do with the pick-up code."""
    return broken(code, "YL-10", text)
