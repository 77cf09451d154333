"""The people of a simulated city (参保人): as what they are insured, what they used and what is left."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from policy.benefit import Statement, Use
from policy.money import ZERO
from policy.terms import BenefitKind, InsuranceType, PersonStatus

if TYPE_CHECKING:
    from ops.year.household import Bought


class Kind(NamedTuple):
    """What somebody is insured as (参保类别), with a special disease or none."""

    insurance: InsuranceType
    status: PersonStatus
    disease: str | None


EMPLOYEE, RESIDENT = InsuranceType.EMPLOYEE, InsuranceType.RESIDENT
KINDS = (
    Kind(EMPLOYEE, PersonStatus.WORKING, None),
    Kind(EMPLOYEE, PersonStatus.RETIRED, None),
    Kind(EMPLOYEE, PersonStatus.WORKING, "M03900"),
    Kind(EMPLOYEE, PersonStatus.RETIRED, "M01600"),
    Kind(RESIDENT, PersonStatus.RESIDENT, "M03900"),
    Kind(RESIDENT, PersonStatus.RESIDENT, "M01600"),
)


@dataclass
class Person:
    """Somebody of a household (参保人) with what is used and left so far."""

    id: UUID
    index: int
    kind: Kind
    account: UUID | None
    balance: Decimal = ZERO
    pots: dict[str, Use] = field(default_factory=dict)
    paid: list["Bought"] = field(default_factory=list)

    def use(self, changed: tuple[Use, ...]) -> None:
        """Count what a statement uses (计入累计)."""
        for one in changed:
            name = pot_name(one.benefit, one.disease_code)
            had = self.pots.get(name, Use(one.benefit, one.disease_code, ZERO, ZERO))
            self.pots[name] = Use(
                one.benefit, one.disease_code, had.deductible + one.deductible, had.fund + one.fund
            )

    def used(self, benefit: BenefitKind, disease: str | None) -> Use:
        """What is used of a benefit this year (年度已用)."""
        return self.pots.get(pot_name(benefit, disease), Use(benefit, disease, ZERO, ZERO))

    def quota(self, disease: str | None, since: date) -> Decimal:
        """What the fund paid for the disease since that day (限额已用)."""
        return sum(
            (
                own_fund(one.stands)
                for one in self.paid
                if one.stands is not None
                and one.facts.benefit is BenefitKind.SPECIAL_DISEASE
                and one.facts.disease_code == disease
                and one.facts.on >= since
            ),
            ZERO,
        )


def own_fund(found: Statement) -> Decimal:
    """What the fund paid of the disease's own benefit (病种限额使用)."""
    own = (use.fund for use in found.uses if use.benefit is BenefitKind.SPECIAL_DISEASE)
    return next(own, found.hifp_pay)


def pot_name(benefit: BenefitKind, disease: str | None) -> str:
    """The pot's name (累计口径), as `services.benefit.bucket` writes it."""
    return f"{benefit}:{disease}" if benefit is BenefitKind.SPECIAL_DISEASE else str(benefit)
