"""The rows of one settlement (结算入库行): prescription, fill, settlement, entry."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from ops.year.household import Bought, Household, TakenBack
from ops.year.sheet import Sheet, Voucher, as_json, settlement_number
from policy.benefit import budget_entry
from policy.benefit.reversal import AMOUNTS as NATIONAL
from policy.books import Owner, Paid, settlement_entry
from policy.money import ZERO
from policy.terms import FillState, LineState, PrescriptionState, VisitKind

VALID = timedelta(hours=72)
REASON = "模拟冲正"


def write_settlement(
    sheet: Sheet, household: Household, deed: Bought, taken: TakenBack | None
) -> tuple[UUID, list[UUID]]:
    """A settlement with everything behind it; gives its id and its lines' ids."""
    new, facts, found = household.new_id, deed.facts, deed.statement
    fill_id, key = new(), new()
    write_prescription(sheet, household, deed, prescription_id := new())
    write_fill(sheet, household, deed, taken, fill_id, prescription_id)
    budget = budget_entry(facts, found)
    number = settlement_number(sheet.city.area, deed.at, deed.number)
    sheet.put(
        "settlement",
        key,
        number,
        fill_id,
        deed.person.id,
        deed.payer.id if deed.payer else None,
        deed.pharmacy.code,
        deed.hospital.code,
        sheet.city.area,
        facts.benefit,
        deed.at,
        found.pool_prop_selfpay,
        *(getattr(found, name) for name in NATIONAL),
        as_json(found),
        as_json(facts),
        budget.drug_cost if budget else None,
        budget.fund_payment if budget else None,
    )
    lines = write_lines(sheet, household, deed, key)
    further = found.fund_pay_sumamt - found.hifp_pay
    paid = Paid(found.hifp_pay, further, found.acct_pay, found.acct_mulaid_pay, found.psn_cash_pay)
    voucher = Voucher("SETTLEMENT", number, "门诊统筹购药结算", deed.at)
    sheet.book(new, voucher, settlement_entry(paid), deed.pharmacy.code, accounts_of(deed))
    return key, lines


def accounts_of(deed: Bought) -> dict[Owner, UUID | None]:
    """The members' accounts that a settlement moves (付款账户)."""
    return {Owner.MEMBER: deed.person.account, Owner.PAYER: deed.payer.account if deed.payer else None}


def write_lines(sheet: Sheet, household: Household, deed: Bought, settlement_id: UUID) -> list[UUID]:
    """The settlement's lines (结算明细); gives their ids."""
    keys = []
    for number, (line, billed) in enumerate(zip(deed.statement.lines, deed.facts.lines, strict=True), 1):
        keys.append(household.new_id())
        sheet.put(
            "settlement_line",
            keys[-1],
            settlement_id,
            number,
            line.drug_code,
            billed.quantity,
            billed.price,
            line.det_item_fee_sumamt,
            line.fulamt_ownpay_amt,
            line.overlmt_amt,
            line.preselfpay_amt,
            line.inscp_scp_amt,
            line.selfpay_prop,
            "[]",
        )
    return keys


def write_prescription(sheet: Sheet, household: Household, deed: Bought, key: UUID) -> None:
    """The prescription with its lines and its visit (处方)."""
    city, facts, member = sheet.city, deed.facts, deed.person.id
    number, issued = f"{city.area}{city.year}{deed.number:010d}", deed.at - timedelta(minutes=90)
    sheet.put(
        "prescription",
        key,
        number,
        f"Y{number}",
        deed.hospital.code,
        deed.hospital.doctor,
        member,
        deed.hospital.area,
        f"V{number}",
        VisitKind.PHYSICAL,
        facts.insurance,
        facts.benefit,
        facts.disease_code,
        f"示例病种 {facts.disease_code}" if facts.disease_code else "",
        "示例诊断",
        "",
        issued,
        issued,
        issued + VALID,
        PrescriptionState.DISPENSED if deed.stands else PrescriptionState.EXPIRED,
        "",
    )
    taken = deed.stands.act_pay_dedc if deed.stands else ZERO
    visit = deed.hospital.code, member, f"V{number}", ZERO, taken
    sheet.put("visit_deductible", household.new_id(), *visit)
    for place, line in enumerate(facts.lines, 1):
        given = deed.is_given(line.id)
        sheet.put(
            "prescription_line",
            UUID(line.id),
            key,
            place,
            line.drug_code,
            line.quantity,
            Decimal(1),
            Decimal(2),
            "口服",
            14,
            ZERO,
            line.approval,
            LineState.DISPENSED if given else LineState.CLOSED,
            "" if given else "已冲正,处方已失效或撤销",
            deed.at if given else None,
        )


def write_fill(
    sheet: Sheet,
    household: Household,
    deed: Bought,
    taken: TakenBack | None,
    key: UUID,
    prescription_id: UUID,
) -> None:
    """The fill with its lines (配药)."""
    asked, member = deed.at - timedelta(minutes=40), deed.person.id
    is_reversed = taken is not None and taken.after is None
    sheet.put(
        "fill",
        key,
        prescription_id,
        deed.pharmacy.code,
        member,
        member,
        FillState.REVERSED if is_reversed else FillState.HANDED_OVER,
        asked,
        "PATIENT:simulated",
        asked + VALID,
        "",
        "",
        deed.pharmacy.pharmacist,
        deed.at - timedelta(minutes=20),
        "",
        REASON if is_reversed else "",
        "",
        taken.at if taken and is_reversed else deed.at + timedelta(minutes=2),
    )
    for line in deed.facts.lines:
        given = deed.is_given(line.id)
        values = key, UUID(line.id), line.drug_code, line.quantity, line.price, "[]", given
        sheet.put("fill_line", household.new_id(), *values)
