"""Many fills ready to be settled, written straight into the tables: what counts here comes after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from models import (
    FeeListSignature,
    Fill,
    FillLine,
    IdentityCheck,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    StockBatch,
    StockHold,
    StockItem,
    StockMovement,
)
from ops.road import trace_codes
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import (
    BenefitKind,
    FillState,
    IdentityMethod,
    LineState,
    MovementKind,
    Verdict,
)
from services.fee_lists import fee_list_digest
from tests.written import line_row, prescription_row

MEMBERS = (cast.FUJIAN_PATIENT, cast.FUJIAN_PATIENT_FAMILY, cast.FUJIAN_NO_DISEASE)
PHARMACIES = (cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_OTHER)
DRUGS = (cast.AMLODIPINE, cast.METOPROLOL)


@dataclass(frozen=True)
class Wanted:
    """What a prescription is for (处方内容): packages of drugs, a benefit, a disease, a visit."""

    hospital: str = cast.FUJIAN_HOSPITAL
    doctor: str = cast.FUJIAN_DOCTOR
    drugs: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(DRUGS, 1))
    benefit: BenefitKind = BenefitKind.SPECIAL_DISEASE
    disease: str | None = cast.FUJIAN_DISEASE
    visit: str | None = None


PLAIN = Wanted()


@dataclass(frozen=True)
class Ready:
    """A fill to settle, and the key under which its client does."""

    fill_id: UUID
    pharmacy: str
    key: str


async def ready_fills(
    count: int,
    now: datetime,
    members: Sequence[UUID] = tuple(map(member_id, MEMBERS)),
    pharmacies: Sequence[str] = PHARMACIES,
) -> list[Ready]:
    """So many fills of these members at these pharmacies, approved, prepared, signed, identified."""
    items = {(row.pharmacy_id, row.drug_id): row for row in await StockItem.filter(drug_id__in=DRUGS)}
    stock = [items[pharmacy, drug] for pharmacy in pharmacies for drug in DRUGS]
    await deliver(stock, count, now)
    people = await Member.in_bulk(members, "id")
    made = []
    for number in range(count):
        member = people[members[number % len(members)]]
        pharmacy = pharmacies[number % len(pharmacies)]
        prescription, lines = await prescribed(member, now)
        fill = await filled(prescription, lines, [items[pharmacy, drug] for drug in DRUGS], now)
        made.append(Ready(fill.id, pharmacy, str(uuid4())))
    await StockItem.bulk_update(stock, fields=["on_hand", "sellable", "held"])
    return made


async def deliver(stock: Sequence[StockItem], count: int, now: datetime) -> None:
    """Enough of every drug, with the movement that brought it."""
    for item in stock:
        item.on_hand += count
        item.sellable += count
        await StockBatch.filter(item_id=item.id).update(on_hand=item.on_hand)
    batches = {batch.item_id: batch for batch in await StockBatch.filter(item_id__in=[i.id for i in stock])}
    await StockMovement.bulk_create(
        StockMovement(
            item=item,
            batch=batches[item.id],
            kind=MovementKind.PURCHASE,
            quantity=Decimal(count),
            moved_at=now,
            recorded_by="test",
        )
        for item in stock
    )


async def prescribed(
    member: Member, now: datetime, wanted: Wanted = PLAIN
) -> tuple[Prescription, list[PrescriptionLine]]:
    """A prescription of some drugs, all claimed."""
    values = {"doctor_id": wanted.doctor, "benefit": wanted.benefit, "disease_code": wanted.disease}
    visit = {"visit_no": wanted.visit} if wanted.visit else {}
    hospital = await Institution.get(code=wanted.hospital)
    prescription = prescription_row(hospital, member, now, **values, **visit)
    await prescription.save()
    lines = [
        line_row(prescription.id, drug, number, quantity=packages, state=LineState.CLAIMED)
        for number, (drug, packages) in enumerate(wanted.drugs.items(), 1)
    ]
    await PrescriptionLine.bulk_create(lines)
    return prescription, lines


async def filled(
    prescription: Prescription, lines: Sequence[PrescriptionLine], items: Sequence[StockItem], now: datetime
) -> Fill:
    """The fill of these lines with its held stock, its signature and its identity check."""
    fill = await Fill.create(
        prescription=prescription,
        pharmacy_id=items[0].pharmacy_id,
        member_id=prescription.member_id,
        buyer_id=prescription.member_id,
        state=FillState.READY,
        requested_at=now,
        requested_by="test",
        expires_at=now + timedelta(hours=24),
        reviewed_at=now,
        ready_at=now,
    )
    for line, item in zip(lines, items, strict=True):
        codes = trace_codes(line.drug_id, int(line.quantity))
        kept = await FillLine.create(
            fill=fill,
            prescription_line_id=line.id,
            drug_id=line.drug_id,
            quantity=line.quantity,
            price=item.price,
            trace_codes=codes,
        )
        item.held += line.quantity
        await StockHold.create(item=item, fill_line_id=kept.id, quantity=line.quantity, taken_at=now)
    await IdentityCheck.create(
        fill=fill,
        person_id=prescription.member_id,
        method=IdentityMethod.MANUAL,
        verdict=Verdict.MATCH,
        goods=["药品"],
        documents=["身份证", "社会保障卡"],
        operator="test",
        submitted_at=now,
        decided_at=now,
    )
    await FeeListSignature.create(
        fill=fill,
        signed_by_id=prescription.member_id,
        fee_list_sha256=await fee_list_digest(fill),
        signature_sha256="0" * 64,
        signed_at=now,
    )
    return fill
