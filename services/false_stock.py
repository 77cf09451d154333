"""Stock that was shown and is not there (显示有货而实际无货, FJ-9.5): what a declined fill says of it."""

from models import Case, Fill, FillLine, StockHold
from policy.terms import CaseKind, CaseState
from services.use_case import Work

TEXT_MAX = 500


def fact_key(kind: CaseKind, fill: Fill) -> str:
    """What a case about a fill is known by: however often told, the fact is one."""
    return f"{kind}:fill:{fill.id}"


async def open_false_stock(work: Work, fill: Fill) -> None:
    """Open a case (立案) for a fill that a pharmacy turns down as not there, or add to the one it has.

    Its stock was kept when it was requested, so it was shown as available then: the holds are the
    evidence. Called while they still stand.
    """
    lines = await FillLine.filter(fill_id=fill.id, is_live=True).order_by("drug_id", "id")
    holds = await StockHold.filter(
        fill_line_id__in=[line.id for line in lines], ended_at__isnull=True
    ).prefetch_related("item")
    by_line = {held.fill_line_id: held for held in holds}
    kept = [(line, by_line[line.id]) for line in lines if line.id in by_line]
    if not kept:
        return
    said = "、".join(
        f"{line.drug_id} {held.quantity:f} 个包装(拒单时账面在库 {held.item.on_hand:f})"
        for line, held in kept
    )
    text = f"申请时显示可供并已预留,药店以无货拒单:{said}。"
    evidence = [str(held.id) for _, held in kept]
    key = fact_key(CaseKind.FALSE_STOCK, fill)
    known = await Case.select_for_update().get_or_none(key=key, state=CaseState.OPEN)
    if known is not None:  # the patient complained first
        known.text, known.evidence = (known.text + text)[:TEXT_MAX], [*known.evidence, *evidence]
        await known.save(update_fields=["text", "evidence"])
        return
    drugs = {line.drug_id for line, _ in kept}
    case = Case(
        key=key,
        kind=CaseKind.FALSE_STOCK,
        pharmacy_id=fill.pharmacy_id,
        drug_id=drugs.pop() if len(drugs) == 1 else None,
        fill_id=fill.id,
        text=text[:TEXT_MAX],
        evidence=evidence,
        opened_at=work.now,
        opened_by="药店拒单",
    )
    await work.open_cases([case])
