"""A member's face, enrolled with consent and withdrawn at will (人脸建档, YL-42)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models import FaceEnrolment, Member
from models.job import JobKind
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.terms import EnrolmentState, EventKind, Role
from services.access import get_enrollee
from services.actor import Call
from services.errors import BadInput, NotFound
from services.face_templates import forget
from services.kept_pictures import Kept, keep_pictures, let_go
from services.law import lawful
from services.retention import purge
from services.topics import member_topic
from services.use_case import Work, use_case

PICTURES_MAX = 2


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
    """Take the pictures into use (建档结论), in the place of earlier ones, or refuse them. Only once."""
    work.call.require("人脸建档结论", Role.SERVICE)
    seen = await FaceEnrolment.get(id=enrolment_id)
    await Member.select_for_update().get(id=seen.member_id)
    row = await FaceEnrolment.get(id=enrolment_id)
    if row.state != EnrolmentState.PENDING:
        return row
    if not looked.reason:
        await forget(row.member_id)
        await FaceEnrolment.filter(
            member_id=row.member_id, state=EnrolmentState.ACTIVE, withdrawn_at__isnull=True
        ).update(state=EnrolmentState.WITHDRAWN, withdrawn_at=work.now)
    row.state = EnrolmentState.REFUSED if looked.reason else EnrolmentState.ACTIVE
    row.reason, row.advice, row.decided_at = looked.reason[:64], looked.advice[:200], work.now
    await row.save(update_fields=["state", "reason", "advice", "decided_at"])
    work.tell(EventKind.ENROLMENT_DECIDED, member_topic(row.member_id), subject_id=row.id)
    return row


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
        state__in=(EnrolmentState.PENDING, EnrolmentState.ACTIVE),
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
