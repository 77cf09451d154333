"""A member's face, enrolled with consent and withdrawn at will (人脸建档, YL-42)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models import FaceEnrolment, Fill, IdentityCheck, Member
from models.job import JobKind
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.terms import CardReading, EnrolmentState, EventKind, IdentityMethod, Role, Verdict
from services.access import get_enrollee
from services.actor import Call
from services.audit import audit
from services.card_reading import reference_of
from services.errors import BadInput, NotFound
from services.face_templates import forget
from services.kept_pictures import Kept, keep_pictures, let_go
from services.law import lawful
from services.retention import purge
from services.topics import member_topic
from services.use_case import Work, use_case

PICTURES_MAX = 2
SAME_VISIT = timedelta(minutes=10)
"""So soon after the live picture a clerk who looks at documents still has the same person before him."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the face engine says of pictures to enrol (建档照片检查): no reason means that they are good."""

    reason: str = ""
    advice: str = ""


async def enrol_face(
    call: Call, member_id: UUID | None, consent_version: str, pictures: Sequence[bytes]
) -> FaceEnrolment:
    """Enrol a face by one or two pictures (人脸建档); a worker looks whether they are good enough.

    Until then, and when they are not, an earlier enrolment goes on. The consent is to that version's text.
    """
    call.require("人脸建档", Role.PATIENT, Role.AGENCY)
    member = await get_enrollee(call.actor, member_id)
    if not 1 <= len(pictures) <= PICTURES_MAX or len(set(pictures)) < len(pictures):
        raise BadInput("picture", f"请提供 1 至 {PICTURES_MAX} 张不同的照片。")
    kept: list[Kept] = []
    owned: set[str] = set()
    try:
        await keep_pictures(call, [("FACE", data) for data in pictures], kept)
        row = await keep_enrolment(call, member_id=member.id, consent_version=consent_version, kept=kept)
        owned = {row.image_key, row.second_image_key}
    finally:
        await let_go(call, kept, owned)
    return row


@use_case("enrolFace", FaceEnrolment)
async def keep_enrolment(
    work: Work, member_id: UUID, consent_version: str, kept: Sequence[Kept]
) -> FaceEnrolment:
    """Write the enrolment with the consent, and the job to look at its pictures."""
    member = await Member.select_for_update().get(id=member_id)
    with lawful():
        known = parameter("face_consent_versions", member.area, on=shanghai_day(work.now)).words
    if consent_version not in known:
        raise BadInput("consentVersion", f"请展示并由本人同意现行同意书,版本为{'、'.join(known)}。")
    await FaceEnrolment.filter(member_id=member_id, state=EnrolmentState.PENDING).update(
        state=EnrolmentState.WITHDRAWN, withdrawn_at=work.now
    )
    keys = [picture.key for picture in kept]
    row = await FaceEnrolment.create(
        member=member,
        image_key=keys[0],
        second_image_key=keys[1] if keys[1:] else "",
        consented_at=work.now,
        consent_version=consent_version,
        enrolled_by=work.actor.caller,
        state=EnrolmentState.PENDING,
    )
    work.enqueue(JobKind.FACE_ENROLMENT, row.id)
    return row


@use_case("decideEnrolment", FaceEnrolment)
async def decide_enrolment(work: Work, enrolment_id: UUID, looked: Looked) -> FaceEnrolment:
    """Take the pictures into use (建档结论), in the place of earlier ones, or refuse them. Only once.

    Pictures from a phone show nobody's identity: they wait for a counter to confirm them (YL-42), and
    what was confirmed before goes on meanwhile. An agency has the person before it.
    """
    work.call.require("人脸建档结论", Role.SERVICE)
    seen = await FaceEnrolment.get(id=enrolment_id)
    await Member.select_for_update().get(id=seen.member_id)
    row = await FaceEnrolment.get(id=enrolment_id)
    if row.state != EnrolmentState.PENDING:
        return row
    row.reason, row.advice, row.decided_at = looked.reason[:64], looked.advice[:200], work.now
    if looked.reason:
        row.state = EnrolmentState.REFUSED
    elif row.enrolled_by.startswith(f"{Role.AGENCY}:"):
        await take_into_use(work, row)
    else:
        await end_earlier(work, row, EnrolmentState.UNCONFIRMED)
        row.state = EnrolmentState.UNCONFIRMED
    await row.save(update_fields=["state", "reason", "advice", "decided_at", "confirmed_at"])
    work.tell(EventKind.ENROLMENT_DECIDED, member_topic(row.member_id), subject_id=row.id)
    return row


async def take_into_use(work: Work, row: FaceEnrolment) -> None:
    """Compare with this face from now on (启用建档), and with no earlier one; the row is not saved yet."""
    await forget(row.member_id)
    await end_earlier(work, row, EnrolmentState.ACTIVE, EnrolmentState.UNCONFIRMED)
    row.state, row.confirmed_at = EnrolmentState.ACTIVE, work.now


async def end_earlier(work: Work, row: FaceEnrolment, *states: EnrolmentState) -> None:
    """End the member's other enrolments in these states (停用原建档)."""
    others = FaceEnrolment.filter(member_id=row.member_id, state__in=states, withdrawn_at__isnull=True)
    await others.exclude(id=row.id).update(state=EnrolmentState.WITHDRAWN, withdrawn_at=work.now)


async def confirm_enrolment(work: Work, fill: Fill) -> None:
    """Take a face from a phone into use (核实建档) once this fill's check has shown whose it is (YL-42).

    The person present looked like the face that waits, and proved at the same counter to be the buyer: by the
    portrait on his own card, by a face confirmed earlier, or by two documents that a clerk saw just then.
    """
    checks = await IdentityCheck.filter(fill_id=fill.id, verdict__isnull=False).order_by("-decided_at")
    face = next((one for one in checks if one.method == IdentityMethod.FACE), None)
    if face is None or face.likeness_id is None or not await shows_person(checks[0], face):
        return
    row = await FaceEnrolment.select_for_update().get_or_none(
        id=face.likeness_id, member_id=fill.buyer_id, state=EnrolmentState.UNCONFIRMED
    )
    if row is None:
        return
    await take_into_use(work, row)
    await row.save(update_fields=["state", "confirmed_at"])
    await audit(work.call, "confirmEnrolment", "DONE", row)
    work.tell(EventKind.ENROLMENT_DECIDED, member_topic(row.member_id), subject_id=row.id)


async def shows_person(last: IdentityCheck, face: IdentityCheck) -> bool:
    """Whether the check that let the fill settle is of the very person on the live picture (同一在场人).

    A number typed beside a card that was not read may do for one settlement, but not for all to come.
    """
    if last.id == face.id:
        card = await reference_of(face)
        return face.verdict == Verdict.MATCH and (card is None or card.reading == CardReading.READ_MATCH)
    assert last.decided_at is not None
    assert face.decided_at is not None
    return last.method == IdentityMethod.MANUAL and last.decided_at - face.decided_at <= SAME_VISIT


async def withdraw_face(call: Call, member_id: UUID | None) -> FaceEnrolment:
    """Withdraw the consent (撤回人脸建档): from the commit on no check uses the pictures; they go at once.

    What a process that dies in between leaves in the store, the next round of retention removes.
    """
    call.require("撤回人脸建档", Role.PATIENT, Role.AGENCY)
    member = await get_enrollee(call.actor, member_id)
    row = await end_enrolment(call, member_id=member.id)
    await purge_ended(call, member.id)
    return await FaceEnrolment.get(id=row.id)


@use_case("withdrawFace", FaceEnrolment)
async def end_enrolment(work: Work, member_id: UUID) -> FaceEnrolment:
    """End every enrolment of a member; gives the last."""
    await Member.select_for_update().get(id=member_id)
    live = await FaceEnrolment.filter(
        member_id=member_id,
        state__in=(EnrolmentState.PENDING, EnrolmentState.UNCONFIRMED, EnrolmentState.ACTIVE),
        withdrawn_at__isnull=True,
    ).order_by("-consented_at")
    if not live:
        raise NotFound("人脸建档", member_id)
    await forget(member_id)
    await FaceEnrolment.filter(id__in=[row.id for row in live]).update(
        state=EnrolmentState.WITHDRAWN, withdrawn_at=work.now
    )
    return live[0]


async def purge_ended(call: Call, member_id: UUID) -> None:
    """Remove the pictures of a member's ended enrolments (清除建档影像)."""
    ended = (EnrolmentState.WITHDRAWN, EnrolmentState.REFUSED)
    for row in await FaceEnrolment.filter(member_id=member_id, state__in=ended, purged_at__isnull=True):
        await purge(call, FaceEnrolment, row.id)


async def enrolment_of(call: Call, member_id: UUID | None) -> FaceEnrolment | None:
    """The member's last enrolment (人脸建档情况), whatever became of it."""
    call.require("查询人脸建档", Role.PATIENT, Role.AGENCY)
    member = await get_enrollee(call.actor, member_id)
    return await FaceEnrolment.filter(member_id=member.id).order_by("-consented_at").first()
