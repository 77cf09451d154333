"""The numbers of enrolled faces (人脸特征模板): made once by a worker, encrypted, gone with the consent."""

import struct
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from models import FaceEnrolment, FaceTemplate
from policy.terms import Role
from services.actor import Keys
from services.use_case import Work, use_case


class EnrolmentWithdrawn(Exception):
    """The consent was withdrawn while the numbers were made (建档已撤回): nothing is kept of them."""


@dataclass(frozen=True, slots=True)
class Made:
    """What an engine made of an enrolled picture (人脸特征): its numbers, or why it has none."""

    engine: str
    model_version: str
    picture_sha256: str
    # no part of what was asked for, or a digest of a face would stand in a log
    vector: Sequence[float] = field(default=(), repr=False, compare=False)
    unusable: str = ""


@use_case("storeFaceTemplate", FaceTemplate)
async def store(work: Work, enrolment_id: UUID, made: Made) -> FaceTemplate:
    """Keep the numbers of an enrolled face (存入人脸特征), in place of an older model's.

    Raises `EnrolmentWithdrawn`: the enrolment's row is locked, so that what is withdrawn meanwhile is
    either seen here or finds this row to forget.
    """
    work.call.require("存入人脸特征", Role.SERVICE)
    enrolment = await FaceEnrolment.select_for_update().get_or_none(
        id=enrolment_id, withdrawn_at__isnull=True
    )
    if enrolment is None:
        raise EnrolmentWithdrawn
    earlier = await FaceTemplate.get_or_none(enrolment_id=enrolment_id, engine=made.engine)
    row = earlier or FaceTemplate(id=uuid4(), enrolment_id=enrolment_id, engine=made.engine)
    keys = work.call.tools.keys
    row.update_from_dict(
        {
            "member_id": enrolment.member_id,
            "model_version": made.model_version,
            "vector_sealed": sealed(keys, made.vector, row.id) if made.vector else None,
            "unusable": made.unusable,
            "picture_sha256": made.picture_sha256,
            "made_at": work.now,
        }
    )
    await row.save(force_create=earlier is None)
    return row


async def templates_of(member_ids: Collection[UUID]) -> list[FaceTemplate]:
    """The templates of these people's live enrolments (人脸特征), the earliest consent first."""
    return await FaceTemplate.filter(
        member_id__in=list(member_ids), enrolment__withdrawn_at__isnull=True
    ).order_by("enrolment__consented_at", "engine")


async def forget(member_id: UUID) -> int:
    """Remove every template of a person (清除人脸特征), in the caller's transaction; gives how many.

    What is still enrolled afterwards gets its templates anew.
    """
    return await FaceTemplate.filter(member_id=member_id).delete()


def sealed(keys: Keys, vector: Sequence[float], row_id: UUID) -> bytes:
    """A vector as it is stored (加密人脸特征), readable in its own row only."""
    packed = struct.pack(f"<{len(vector)}f", *vector)
    return keys.encrypt_text(b64encode(packed).decode(), context=context_of(row_id))


def vector_of(keys: Keys, row_id: UUID, vector_sealed: bytes) -> list[float]:
    """The vector of a row (人脸特征)."""
    packed = b64decode(keys.decrypt_text(bytes(vector_sealed), context=context_of(row_id)))
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def context_of(row_id: UUID) -> bytes:
    """What a vector is encrypted for (加密上下文): its row, so that none can pose as another."""
    return f"face:{row_id}".encode()
