"""What may stand for a prescribed drug (同通用名药品代替): the same medicine of another producer."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.rule import broken
from policy.terms import DrugKind, DrugRestriction, ListClass
from policy.violation import Code, Violation

RULE = "YL-30"


@dataclass(frozen=True, slots=True)
class Product:
    """A drug of one producer (药品) as far as another may stand for it."""

    code: str
    generic_name: str
    form: str
    spec: str
    units_per_package: Decimal
    kind: DrugKind
    restriction: DrugRestriction | None
    is_insulin: bool
    is_consumable: bool
    list_class: ListClass
    min_tier: int | None
    is_listed: bool
    diseases: frozenset[str]


@dataclass(frozen=True, slots=True)
class SubstituteLine:
    """A line that shall be filled with another producer's drug (代替明细)."""

    id: str
    is_allowed: bool
    prescribed: Product
    chosen: Product


def is_equivalent(prescribed: Product, other: Product, disease_code: str | None) -> bool:
    """Whether the other drug is the same medicine (同通用名、同剂型、同规格) and circulates as it does.

    What kept the prescribed one from being refused at its upload must hold for the other too: listed, in
    the insurance catalogue, within the disease's scope, for no higher hospital.
    """
    return (
        substance(prescribed) == substance(other)
        and other.is_listed >= prescribed.is_listed
        and (other.list_class is not ListClass.C or prescribed.list_class is ListClass.C)
        and (other.min_tier or 0) <= (prescribed.min_tier or 0)
        and treats(other, disease_code) >= treats(prescribed, disease_code)
    )


def substance(product: Product) -> tuple[object, ...]:
    """What two equivalents share."""
    return (
        product.generic_name,
        product.form,
        product.spec,
        product.units_per_package,
        product.kind,
        product.restriction,
        product.is_insulin,
        product.is_consumable,
    )


def treats(product: Product, disease_code: str | None) -> bool:
    """Whether the drug treats the disease (病种用药范围); without one, any."""
    return bool(product.diseases) if disease_code is None else disease_code in product.diseases


def check_substitutes(lines: Sequence[SubstituteLine], disease_code: str | None) -> list[Violation]:
    """A drug stands for another only where the prescriber left the producer open (按通用名开方)."""
    found = []
    for line in lines:
        own, other = line.prescribed, line.chosen
        if not line.is_allowed:
            message = f"处方指定了{own.generic_name}的产品,不能改配 {other.code}。请按处方配药,或请医师重开。"
            found.append(
                broken(
                    Code.EQUIVALENT_NOT_ALLOWED,
                    RULE,
                    message,
                    line_id=line.id,
                    limit=own.code,
                    actual=other.code,
                )
            )
        elif not is_equivalent(own, other, disease_code):
            message = (
                f"{other.generic_name} {other.spec} 不能代替处方的{own.generic_name} {own.spec}:"
                "须同通用名、同剂型、同规格,且同样可以流转。请另选药品。"
            )
            found.append(
                broken(Code.NOT_EQUIVALENT, RULE, message, line_id=line.id, limit=own.code, actual=other.code)
            )
    return found
