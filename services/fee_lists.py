"""The fee list and the buyer's signature under it (药品费用清单签字, FJ-8.4, SX-13)."""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from models import (
    FeeListSignature,
    Fill,
    FillLine,
)
from policy.rule import broken
from policy.terms import (
    Role,
)
from policy.violation import Code
from services.errors import BadInput, NotFound, Refused
from services.fills import lock_fill
from services.use_case import Work, use_case


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


@use_case("signFeeList", FeeListSignature)
async def sign_fee_list(work: Work, fill_id: UUID, fee_list_sha256: str, signature: str) -> FeeListSignature:
    """Keep the buyer's signature under the fee list (费用清单签字, FJ-8.4, SX-13)."""
    work.call.require("费用清单签字", Role.PATIENT, Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    if work.actor.role == Role.PATIENT and work.actor.member_id != fill.buyer_id:
        raise NotFound("待签字的配药", fill_id)
    if not 1 <= len(signature) <= 65_536:
        raise BadInput("signature", "请提供签名数据,不超过 64 KiB。")
    current = await fee_list_digest(fill)
    if fee_list_sha256 != current:
        text = "费用清单已变化,请重新查看后再签字。"
        raise Refused([broken(Code.STATEMENT_CHANGED, "YL-11", text)])
    return await FeeListSignature.create(
        fill=fill,
        signed_by_id=fill.buyer_id,
        fee_list_sha256=current,
        signature_sha256=hashlib.sha256(signature.encode()).hexdigest(),
        signed_at=work.now,
    )
