"""Cases told in TOML: facts that differ from the sample, and what the rules must answer."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from policy.assessment import Assessment, YearOf, assess
from policy.benefit import BudgetEntry, FundUse, Statement, budget_entry, settle, settle_by
from policy.benefit.facts import BillFacts
from policy.benefit.scheme import FurtherFund, Scheme, scheme_of
from policy.books import Entry, Paid, clearing_entry, settlement_entry, turned
from policy.dispensing import PricedLine, SplitFacts, check_claim, check_review, check_settlement
from policy.money import ZERO
from policy.preference import Choice, preferred_first
from policy.prescribing import OpenLine, PrescriptionFacts, SpecialDisease, check_prescription, warnings
from policy.prices import Ceiling, DatedPrice, ceiling
from policy.terms import Credential, Fund, PriceKind
from policy.violation import Violation
from tests.policy import sample_facts as sample
from tests.policy.sample_facts import changed

FOLDER = Path(__file__).parent / "cases"
SAMPLES = {"fujian": sample.FUJIAN, "shanxi": sample.SHANXI}


@dataclass(frozen=True)
class Case:
    """One case of one province's file."""

    province: str
    told: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, for people."""
        return str(self.told["name"])

    def part(self, name: str) -> dict[str, Any]:
        """A section of the case, empty when it isn't told."""
        return dict(self.told.get(name, {}))

    @property
    def area(self) -> str:
        """The pooling area of the case."""
        return str(self.told.get("area", SAMPLES[self.province].area))

    @property
    def now(self) -> datetime:
        """The instant of the case: the sample morning, on the case's day."""
        day = self.told.get("on", sample.MONDAY)
        if isinstance(day, datetime):
            return day
        return datetime.combine(day, sample.MORNING.timetz())

    @property
    def day(self) -> date:
        """The day of the case."""
        return self.now.date()


def cases(ask: str) -> list[Case]:
    """Every case that asks this question."""
    return [case for asked, case in all_cases() if asked == ask]


@cache
def all_cases() -> list[tuple[str, Case]]:
    """Every case of every file, with what it asks."""
    return [
        (case.get("ask", file.stem), Case(file.parent.name, case))
        for file in sorted(FOLDER.glob("*/*.toml"))
        for case in tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)["case"]
    ]


def prescription(case: Case) -> PrescriptionFacts:
    """The prescription of a case."""
    base = SAMPLES[case.province]
    facts = replace(
        base,
        issued_at=case.now - timedelta(minutes=5),
        uploaded_at=case.now,
        area=case.area,
        hospital=changed(base.hospital, {"area": case.area} | case.part("hospital")),
        doctor=changed(base.doctor, case.part("doctor")),
        member=changed(base.member, {"area": case.area} | diseases(case.part("member"))),
        lines=tuple(
            changed(sample.LINE, with_choices(told) | {"drug": changed(sample.DRUG, drug)})
            for told, drug in map(split_drug, case.told.get("lines", [{}]))
        ),
        other_open=tuple(OpenLine(**left) for left in case.told.get("left", [])),
    )
    return changed(facts, case.part("prescription"))


def split_drug(told: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A told line, and the drug told in it."""
    return {key: value for key, value in told.items() if key != "drug"}, dict(told.get("drug", {}))


def with_choices(line: dict[str, Any]) -> dict[str, Any]:
    """The told line, with its equivalents as facts."""
    if "choices" in line:
        line["choices"] = tuple(choice(told) for told in line["choices"])
    return line


def choice(told: Mapping[str, Any]) -> Choice:
    """One of the equivalents that a case tells."""
    return changed(Choice(told["code"], False, False, None), told)


def diseases(member: dict[str, Any]) -> dict[str, Any]:
    """The told member, with the diseases as facts."""
    if "special_diseases" in member:
        told = member["special_diseases"]
        member["special_diseases"] = tuple(
            SpecialDisease(one["code"], one["since"], one.get("until")) for one in told
        )
    return member


def claim(case: Case) -> list[Violation]:
    """What a claim is told."""
    told = case.part("claim")
    uploaded_at = told.get("uploaded_at", case.now - timedelta(hours=1))
    lines = [changed(sample.CLAIM_LINE, line) for line in case.told.get("lines", [{}])]
    pharmacy = changed(sample.PHARMACY, {"area": case.area} | case.part("pharmacy"))
    split: SplitFacts = changed(sample.WHOLE, case.part("split"))
    return check_claim(case.area, uploaded_at, told.get("revoked", False), case.now, pharmacy, lines, split)


def review(case: Case) -> list[Violation]:
    """What a reviewing pharmacist is told."""
    pharmacist = changed(sample.PHARMACIST, case.part("pharmacist"))
    return check_review(case.area, case.day, pharmacist, sample.PHARMACY.code)


def settlement(case: Case) -> list[Violation]:
    """What a settlement is told."""
    told = {"reviewed": True, "fee_list_signed": True, "goods_recorded": True, "credential": "01"}
    told |= case.part("settlement")
    credential = None if told["credential"] == "none" else Credential(str(told["credential"]))
    top = None
    if "ceiling" in told:
        basis = "闽医保规〔2023〕6号 六（一）"
        top = Ceiling(Decimal(str(told["ceiling"])), PriceKind.LISTED, "FJ-6.1", basis)
    lines = []
    if "price" in told:
        lines = [PricedLine("1", sample.DRUG.code, Decimal(str(told["price"])), top)]
    return check_settlement(
        case.area,
        case.day,
        bool(told["reviewed"]),
        changed(sample.FACE, case.part("identity")),
        bool(told["fee_list_signed"]),
        credential,
        bool(told["goods_recorded"]),
        lines,
    )


def bill_facts(case: Case) -> BillFacts:
    """The bill of a case."""
    lines = tuple(changed(sample.BILL_LINE, line) for line in case.told.get("lines", [{}]))
    facts = replace(sample.BILL, area=case.area, on=case.day, lines=lines)
    told = case.part("bill")
    if "further_funds" in told:
        told["further_funds"] = tuple(
            FundUse(Fund(one["fund"]), Decimal(one.get("used_year", 0))) for one in told["further_funds"]
        )
    return changed(facts, told)


def bill(case: Case) -> Statement:
    """The statement of a case's bill; `further` switches funds on that no area has on."""
    facts = bill_facts(case)
    if "further" in case.told:
        return settle_by(facts, with_further(scheme_of(facts), facts, case.told["further"]))
    return settle(facts)


def with_further(scheme: Scheme, facts: BillFacts, told: Sequence[Mapping[str, str]]) -> Scheme:
    """The scheme with these further funds on, of those the member takes part in."""
    mine = {use.fund for use in facts.further_funds}
    row = replace(scheme.ratio, verified=False)
    funds = [
        FurtherFund(
            fund=one["fund"],
            base=replace(row, name="further_fund_base", value=one["base"]),
            ratio=replace(row, name="further_fund_ratio", value=Decimal(one["ratio"])),
            limit=replace(row, name="further_fund_limit", value=limit_of(one)),
        )
        for one in told
        if one["fund"] in mine
    ]
    return replace(scheme, further=tuple(funds))


def limit_of(told: Mapping[str, str]) -> Decimal | str:
    """The yearly limit of a told fund, or none."""
    return Decimal(told["limit"]) if "limit" in told else "NONE"


def budget(case: Case) -> BudgetEntry | None:
    """What a case's bill adds to the prescriber's budget."""
    return budget_entry(bill_facts(case), bill(case))


def books(case: Case) -> Entry:
    """The entry of a case: of a settlement, of its reversal, or of a claim that is paid."""
    told = {name: Decimal(amount) for name, amount in case.part("amounts").items()}
    if case.told["entry"] == "clearing":
        return clearing_entry(*(told.get(name, ZERO) for name in ("pooled", "further", "account", "cut")))
    found = settlement_entry(Paid(**told))
    return turned(found) if case.told["entry"] == "reversal" else found


def assessment(case: Case) -> Assessment:
    """The yearly figures of a case."""
    years = [case.part(name) for name in ("year", "before")]
    return assess(
        *(
            YearOf(
                int(year.get("settlements", 0)),
                Decimal(year.get("total", 0)),
                Decimal(year.get("personal", 0)),
            )
            for year in years
        )
    )


def preference(case: Case) -> list[str]:
    """The order of a case's drugs."""
    choices = [choice(told) for told in case.told["choices"]]
    return [found.code for found in preferred_first(choices, case.area, case.day)]


def published(case: Case) -> list[DatedPrice]:
    """The published prices of a case."""
    return [
        DatedPrice(
            kind=PriceKind(told["kind"]),
            amount=Decimal(told["amount"]),
            since=told["since"],
            until=told.get("until"),
            source=told.get("source", "福建药耗招采"),
        )
        for told in case.told["prices"]
    ]


def most(case: Case) -> Ceiling | None:
    """The ceiling of a case's prices."""
    return ceiling(published(case), case.area, case.day, joined_vbp=case.told.get("joined_vbp", False))


CHECKS: Mapping[str, Callable[[Case], Sequence[Violation]]] = {
    "prescription": lambda case: check_prescription(prescription(case)),
    "warnings": lambda case: warnings(prescription(case)),
    "claim": claim,
    "review": review,
    "settlement": settlement,
}
