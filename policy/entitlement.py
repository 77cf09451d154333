"""Whether a member is entitled at all: insurance, contributions, the place of treatment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policy.identifiers import pooling_area, province
from policy.parameters import parameter
from policy.regulation import Regulation, regulation
from policy.rule import broken
from policy.terms import BenefitKind, InsuranceType, InsuredState, Residence
from policy.violation import Code, Violation


@dataclass(frozen=True, slots=True)
class EntitlementFacts:
    """Who wants to be paid where (待遇资格). `home` is the member's pooling area.

    `place` is the pooling area of treatment; None when it isn't known, and the registration decides.
    """

    home: str
    place: str | None
    on: date
    insurance: InsuranceType
    insured: InsuredState
    residence: Residence
    benefit: BenefitKind
    has_personal_account: bool
    in_province: bool = True


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules that a regulation has for entitlement: who, in which state, away from home."""

    who: str
    state: str
    elsewhere: str


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(who="FJ-3.0", state="FJ-7.1", elsewhere="FJ-7.1"),
    Regulation.SHANXI_2022_27: Articles(who="SX-2", state="SX-26.5", elsewhere="SX-24"),
}

REGISTERED = frozenset({Residence.IN_PROVINCE, Residence.OUT_OF_PROVINCE})


def check_entitlement(facts: EntitlementFacts) -> list[Violation]:
    """Everything that keeps the member's fund (统筹基金) from paying, by the rules of his own area."""
    law = regulation(facts.home, on=facts.on)
    articles = ARTICLES[law]
    found = check_insurance(facts, articles) + check_state(facts, articles)
    if is_in_other_province(facts):
        found += check_other_province(facts, articles)
    if law is Regulation.SHANXI_2022_27:
        found += check_traveller(facts)
    return found


def is_in_other_province(facts: EntitlementFacts) -> bool:
    """Whether the place of treatment lies in another province (省外)."""
    if facts.place is None:
        return not facts.in_province
    return province(facts.place) != province(facts.home)


def check_insurance(facts: EntitlementFacts, articles: Articles) -> list[Violation]:
    """Which insurance (险种) takes part, and whether a personal account is needed (FJ-3.0, SX-2)."""
    found = []
    kinds = parameter("insurance_types", facts.home, on=facts.on)
    if facts.insurance not in kinds.words:
        found.append(
            broken(
                Code.MEMBER_NOT_ENTITLED,
                articles.who,
                "该险种不在药店门诊统筹范围内。",
                limit="、".join(kinds.words),
                actual=facts.insurance,
            )
        )
    elif (
        not facts.has_personal_account
        and parameter("personal_account_required", facts.home, on=facts.on).flag
    ):
        found.append(
            broken(Code.MEMBER_NOT_ENTITLED, articles.who, "没有职工医保个人账户，不享受普通门诊统筹。")
        )
    return found


STATES: Mapping[InsuredState, tuple[Code, str]] = {
    InsuredState.ARREARS: (Code.MEMBER_IN_ARREARS, "参保人处于欠费期间，统筹基金不予支付。"),
    InsuredState.WAITING: (Code.MEMBER_IN_WAITING_PERIOD, "参保人处于待遇等待期，统筹基金不予支付。"),
    InsuredState.SUSPENDED: (Code.MEMBER_NOT_ENTITLED, "参保人医保待遇已暂停，统筹基金不予支付。"),
}


def check_state(facts: EntitlementFacts, articles: Articles) -> list[Violation]:
    """Whether contributions are in order (参保状态, SX-26.5)."""
    if facts.insured is InsuredState.NORMAL:
        return []
    code, message = STATES[facts.insured]
    return [broken(code, articles.state, message, actual=facts.insured)]


def check_other_province(facts: EntitlementFacts, articles: Articles) -> list[Violation]:
    """Outside the province the fund pays by local arrangement only (省外异地, SX-24)."""
    arranged = parameter("out_of_province_settlement", facts.home, on=facts.on)
    if arranged.flag and facts.residence is Residence.OUT_OF_PROVINCE:
        return []
    message = "参保地没有省外直接结算安排，或未办理省外异地备案。"
    return [broken(Code.MEMBER_NOT_ENTITLED, articles.elsewhere, message, basis=arranged.basis)]


def check_traveller(facts: EntitlementFacts) -> list[Violation]:
    """A traveller's ordinary outpatient costs away from home are not paid (临时外出, SX-26.4)."""
    if facts.benefit is not BenefitKind.OUTPATIENT or facts.residence in REGISTERED:
        return []
    if facts.place is None:
        away = facts.residence is Residence.TEMPORARY or not facts.in_province
    else:
        away = pooling_area(facts.place) != pooling_area(facts.home)
    if not away:
        return []
    message = "临时外出（未办理异地备案）人员在异地的普通门诊费用，统筹基金不予支付。"
    return [broken(Code.TEMPORARY_TRAVELLER, "SX-26.4", message, actual=facts.residence)]
