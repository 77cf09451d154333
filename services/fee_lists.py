"""The fee list and the buyer's signature under it (药品费用清单签字, FJ-8.4, SX-13)."""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from models import FeeListSignature, Fill, FillLine
from policy.calendar import shanghai_day
from policy.records import record_kept_until
from policy.rule import broken
from policy.terms import Role
from policy.violation import Code
from services.access import get_fill
from services.actor import Call
from services.errors import BadInput, NotFound, Refused
from services.fills import lock_fill
from services.kept_pictures import Kept, keep_pictures, let_go
from services.law import lawful
from services.use_case import Work, use_case

SIGNATURE = "SIGNATURE"
SIGNATURE_MAX = 65_536


async def is_fee_list_signed(fill: Fill, lines: Sequence[FillLine]) -> bool:
    """Whether the buyer signed this very fee list (药品费用清单签字), whose lines are in order."""
    return await FeeListSignature.filter(fill_id=fill.id, fee_list_sha256=digest_of(lines)).exists()


async def fee_list_digest(fill: Fill) -> str:
    """The digest of the fee list: drugs, quantities and prices in order."""
    return digest_of(await FillLine.filter(fill_id=fill.id).order_by("prescription_line__number"))


def digest_of(lines: Sequence[FillLine]) -> str:
    """The digest of a fee list (费用清单摘要) whose lines are at hand, in the order of the prescription."""
    rows = [[line.drug_id, f"{line.quantity.normalize():f}", f"{line.price.normalize():f}"] for line in lines]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


async def sign_fee_list(
    call: Call, fill_id: UUID, fee_list_sha256: str, signature: str | None, image: bytes | None = None
) -> FeeListSignature:
    """Keep the buyer's signature under the fee list (费用清单签字, FJ-8.4, SX-13): its digest, or a picture.

    A picture goes to the store before the transaction, and leaves it again when nothing came to own it.
    """
    call.require("费用清单签字", Role.PATIENT, Role.PHARMACY, Role.PHARMACIST)
    if (signature is None) == (image is None):
        raise BadInput("signature", "请给出 signature(签名数据)或 image(签名影像)其中之一。")
    if image is None:
        return await keep_signature(
            call, fill_id=fill_id, fee_list_sha256=fee_list_sha256, signature=signature
        )
    await get_fill(call.actor, fill_id, call.now)
    kept: list[Kept] = []
    owned: set[str] = set()
    try:
        await keep_pictures(call, [(SIGNATURE, image)], kept)
        row = await keep_signature(
            call, fill_id=fill_id, fee_list_sha256=fee_list_sha256, signature=None, kept=kept[0]
        )
        owned = {row.image_key}
    finally:
        await let_go(call, kept, owned)
    return row


@use_case("signFeeList", FeeListSignature)
async def keep_signature(
    work: Work, fill_id: UUID, fee_list_sha256: str, signature: str | None, kept: Kept | None = None
) -> FeeListSignature:
    """Write the signature under the list that was seen."""
    work.call.require("费用清单签字", Role.PATIENT, Role.PHARMACY, Role.PHARMACIST)
    prescription, fill = await lock_fill(work, fill_id)
    if work.actor.role == Role.PATIENT and work.actor.member_id != fill.buyer_id:
        raise NotFound("待签字的配药", fill_id)
    if kept is None and not 1 <= len(signature or "") <= SIGNATURE_MAX:
        raise BadInput("signature", "请提供签名数据,不超过 64 KiB。")
    current = await fee_list_digest(fill)
    if fee_list_sha256 != current:
        text = "费用清单已变化,请重新查看后再签字。"
        raise Refused([broken(Code.STATEMENT_CHANGED, "YL-11", text)])
    row = FeeListSignature(
        fill=fill,
        signed_by_id=fill.buyer_id,
        fee_list_sha256=current,
        signature_sha256=kept.sha256 if kept else hashlib.sha256((signature or "").encode()).hexdigest(),
        signed_at=work.now,
    )
    if kept is not None:
        row.image_key = kept.key
        with lawful():
            row.kept_until = record_kept_until(prescription.area, shanghai_day(work.now))
    await row.save(force_create=True)
    return row
