"""When the fund pays nothing (不予支付的情形)."""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.benefit.facts import BillFacts
from policy.entitlement import EntitlementFacts, check_entitlement
from policy.identifiers import pooling_area
from policy.regulation import Regulation, regulation
from policy.rule import broken
from policy.terms import Residence
from policy.violation import Code, Violation


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules by which a regulation pays nothing."""

    contract: str
    contract_elsewhere: str
    credential: str
    prescription: str
    review: str
    at_once: str | None


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(
        contract="FJ-2.0",
        contract_elsewhere="FJ-2.0",
        credential="FJ-8.3",
        prescription="FJ-7.1",
        review="FJ-7.4",
        at_once="FJ-7.4",
    ),
    Regulation.SHANXI_2022_27: Articles(
        contract="SX-26.1",
        contract_elsewhere="SX-26.3",
        credential="SX-26.1",
        prescription="SX-26.2",
        review="CN-PHARMACIST",
        at_once=None,
    ),
}

LONG_TERM = frozenset({Residence.IN_PROVINCE, Residence.OUT_OF_PROVINCE})


def unpaid_reasons(facts: BillFacts) -> list[Violation]:
    """Every reason for which the fund pays nothing of this bill (不予支付, FJ-7.4, SX-26)."""
    articles = ARTICLES[regulation(facts.area, on=facts.on)]
    found = []
    if not facts.contracted:
        rule_id = articles.contract_elsewhere if is_resident_elsewhere(facts) else articles.contract
        found.append(
            broken(Code.INSTITUTION_NOT_CONTRACTED, rule_id, "非门诊统筹定点医药机构，统筹基金不予支付。")
        )
    if not facts.has_credential:
        message = "未持医保电子凭证或社会保障卡，统筹基金不予支付。"
        found.append(broken(Code.CREDENTIAL_MISSING, articles.credential, message))
    if not facts.has_prescription:
        message = "没有定点医疗机构开具的电子处方，统筹基金不予支付。"
        found.append(broken(Code.PRESCRIPTION_MISSING, articles.prescription, message))
    if not facts.reviewed:
        message = "处方未经执业药师审核签字，统筹基金不予支付。"
        found.append(broken(Code.NOT_REVIEWED, articles.review, message))
    if not facts.settled_at_once and articles.at_once:
        message = "未能即时结算，统筹基金不予支付。"
        found.append(broken(Code.NOT_SETTLED_AT_ONCE, articles.at_once, message))
    return found + check_entitlement(entitlement(facts))


def is_resident_elsewhere(facts: BillFacts) -> bool:
    """Whether a long-term resident elsewhere (长期异地居住) is treated away from home."""
    if facts.residence not in LONG_TERM:
        return False
    return facts.place_area is None or pooling_area(facts.place_area) != pooling_area(facts.area)


def entitlement(facts: BillFacts) -> EntitlementFacts:
    """What of the bill bears on the member's title (待遇资格)."""
    return EntitlementFacts(
        home=facts.area,
        place=facts.place_area,
        on=facts.on,
        insurance=facts.insurance,
        insured=facts.insured,
        residence=facts.residence,
        benefit=facts.benefit,
        has_personal_account=facts.has_personal_account,
        in_province=facts.place_in_province,
    )
