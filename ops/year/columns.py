"""The tables that a simulated year fills (各表列), amounts in the order of `policy.benefit.reversal`."""

AMOUNTS = (
    "total full_self_pay over_limit_self_pay advance_self_pay eligible deductible pooled_fund fund_total"
    " personal_total account family_account cash"
)
COLUMNS: dict[str, str] = {
    "member": "id psn_no name_sealed id_number_sealed id_number_hash sex birth_date area insurance status"
    " insured residence has_personal_account",
    "special_disease_record": "id member_id disease_code disease_name since until",
    "account": "id kind owner balance",
    "prescription": "id rx_no hospital_rx_no hospital_id doctor_id member_id area visit_no visit_kind"
    " insurance benefit disease_code disease_name diagnosis long_supply_reason issued_at uploaded_at"
    " expires_at state revoke_reason",
    "prescription_line": "id prescription_id number drug_id quantity dose times_per_day route days"
    " in_house_stock approval state closed_reason dispensed_at",
    "visit_deductible": "id hospital_id member_id visit_no taken_at_hospital taken_at_pharmacies",
    "fill": "id prescription_id pharmacy_id member_id buyer_id state requested_at requested_by expires_at"
    " split_reason delivery_address pharmacist_id reviewed_at advice end_reason courier ended_at",
    "fill_line": "id fill_id prescription_line_id drug_id quantity price trace_codes is_live",
    "settlement": "id number fill_id member_id payer_id pharmacy_id hospital_id area benefit settled_at"
    " ratio " + AMOUNTS + " statement facts budget_cost budget_fund",
    "settlement_line": "id settlement_id number drug_code quantity price total full_self_pay"
    " over_limit_self_pay advance_self_pay eligible self_pay_ratio trace_codes",
    "reversal": "id number settlement_id sequence member_id payer_id pharmacy_id hospital_id area reversed_at"
    " reversed_by reason " + AMOUNTS + " budget_cost budget_fund remaining effects",
    "reversal_line": "id reversal_id settlement_line_id goods",
    "journal_entry": "id kind reference text booked_at",
    "posting": "id entry_id account_id debit credit",
    "accumulator": "id member_id year bucket deductible_used fund_used",
}
"""The columns of each table, in the order their references ask for."""
