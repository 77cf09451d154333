"""Batched reads: one statement per relation and operation, whatever the number of rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model

from models import (
    Case,
    Doctor,
    Drug,
    FamilyGrant,
    FeeListSignature,
    Fill,
    FillLine,
    IdentityCheck,
    IdentityImage,
    Institution,
    Invoice,
    Member,
    OpeningHours,
    Payment,
    PaymentRefund,
    PaymentStep,
    PrescriberQuery,
    Prescription,
    PrescriptionLine,
    Reversal,
    ReversalLine,
    Settlement,
    SettlementLine,
)
from models.remembered import rows_of, values_of
from policy.family import Paid
from schema.batching import Batched
from services.access import cases_of, fills_of, payments_of, prescriptions_of, settlements_of
from services.actor import Actor
from services.family_money import paid_in_pairs

M = TypeVar("M", bound=Model)
K = TypeVar("K")


class One(Generic[K, M]):
    """Loads rows by a unique field (按键批量读取)."""

    def __init__(self, model: type[M], by: str = "pk", seen: "Filter | None" = None) -> None:
        self.model, self.by, self.seen = model, by, seen
        self.loader: Batched[K, M | None] = Batched(self.read)

    @property
    def key(self) -> str:
        """The column by which rows are loaded."""
        return self.model._meta.pk_attr if self.by == "pk" else self.by

    async def read(self, keys: list[K]) -> list[M | None]:
        """The rows of these keys, in their order."""
        rows = await rows_of(self.model, *await among(self.by, keys, self.seen))
        found = {getattr(row, self.by): row for row in rows}
        return [found.get(key) for key in keys]

    async def get(self, key: K) -> M:
        """The row that must be there."""
        row = await self.loader.load(key)
        assert row is not None, f"{self.model.__name__} {key} is referred to and missing"
        return row

    async def find(self, key: K | None) -> M | None:
        """The row, if there is one that the caller may see."""
        return None if key is None else await self.loader.load(key)


class Many(Generic[K, M]):
    """Loads the rows that belong to a key (按外键批量读取)."""

    def __init__(self, model: type[M], by: str, *order: str, seen: "Filter | None" = None) -> None:
        self.model, self.by, self.order, self.seen = model, by, order, seen
        self.loader: Batched[K, list[M]] = Batched(self.read)

    async def read(self, keys: list[K]) -> Sequence[list[M]]:
        """The rows of each key, in their order."""
        rows = await rows_of(self.model, *await among(self.by, keys, self.seen), order=self.order)
        found: dict[K, list[M]] = defaultdict(list)
        for row in rows:
            found[getattr(row, self.by)].append(row)
        return [found[key] for key in keys]

    async def values(self, keys: list[K], names: tuple[str, ...]) -> list[Sequence[Any]]:
        """These columns of the rows of all keys, in their order."""
        wanted = await among(self.by, keys, self.seen)
        return await values_of(self.model, *wanted, names=names, order=self.order)

    async def of(self, key: K) -> list[M]:
        """The rows that belong to a key."""
        return await self.loader.load(key)


Filter = Callable[[], Any]


async def among(by: str, keys: Sequence[Any], seen: Filter | None) -> list[Q]:
    """What asks for the rows of these keys, of those that the caller may see."""
    wanted: dict[str, Any] = {f"{by}__in": list(keys)}
    return [Q(**wanted), await seen()] if seen else [Q(**wanted)]


class Loaders:
    """The loaders of one operation (批量读取器), seeing what its caller may see."""

    def __init__(self, require_actor: Callable[[], Actor], now: Callable[[], datetime]) -> None:
        self.require_actor, self.now = require_actor, now

    async def seen_fills(self) -> Q:
        """The fills the caller may see."""
        return await fills_of(self.require_actor(), self.now())

    async def seen_prescriptions(self) -> Q:
        """The prescriptions the caller may see."""
        return await prescriptions_of(self.require_actor(), self.now())

    async def seen_settlements(self) -> Q:
        """The settlements the caller may see."""
        return await settlements_of(self.require_actor(), self.now())

    async def seen_payments(self) -> Q:
        """The external payments the caller may see."""
        return await payments_of(self.require_actor(), self.now())

    async def seen_cases(self) -> Q:
        """The cases the caller may see."""
        return cases_of(self.require_actor())

    @cached_property
    def institution(self) -> One[str, Institution]:
        return One(Institution)

    @cached_property
    def hours_of_institution(self) -> Many[str, OpeningHours]:
        return Many(OpeningHours, "institution_id", "weekday", "opens")

    @cached_property
    def doctor(self) -> One[str, Doctor]:
        return One(Doctor)

    @cached_property
    def drug(self) -> One[str, Drug]:
        return One(Drug)

    @cached_property
    def member(self) -> One[UUID, Member]:
        return One(Member)

    @cached_property
    def prescription(self) -> One[UUID, Prescription]:
        return One(Prescription, seen=self.seen_prescriptions)

    @cached_property
    def prescription_line(self) -> One[UUID, PrescriptionLine]:
        return One(PrescriptionLine)

    @cached_property
    def fill(self) -> One[UUID, Fill]:
        return One(Fill, seen=self.seen_fills)

    @cached_property
    def query(self) -> One[UUID, PrescriberQuery]:
        return One(PrescriberQuery)

    @cached_property
    def identity_check(self) -> One[UUID, IdentityCheck]:
        return One(IdentityCheck)

    @cached_property
    def settlement(self) -> One[UUID, Settlement]:
        return One(Settlement, seen=self.seen_settlements)

    @cached_property
    def case(self) -> One[UUID, Case]:
        return One(Case, seen=self.seen_cases)

    @cached_property
    def settlement_of_fill(self) -> One[UUID, Settlement]:
        return One(Settlement, by="fill_id", seen=self.seen_settlements)

    @cached_property
    def payment(self) -> One[UUID, Payment]:
        return One(Payment, seen=self.seen_payments)

    @cached_property
    def payment_of_settlement(self) -> One[UUID, Payment]:
        return One(Payment, by="settlement_id", seen=self.seen_payments)

    @cached_property
    def payments_of_fill(self) -> Many[UUID, Payment]:
        return Many(Payment, "fill_id", "created_at", seen=self.seen_payments)

    @cached_property
    def refunds_of_payment(self) -> Many[UUID, PaymentRefund]:
        return Many(PaymentRefund, "payment_id", "requested_at", "number")

    @cached_property
    def steps_of_payment(self) -> Many[UUID, PaymentStep]:
        return Many(PaymentStep, "payment_id", "number")

    @cached_property
    def invoices_of_settlement(self) -> Many[UUID, Invoice]:
        return Many(Invoice, "settlement_id", "issued_at", "number")

    @cached_property
    def refund_of_reversal(self) -> One[UUID, PaymentRefund]:
        return One(PaymentRefund, by="reversal_id")

    @cached_property
    def family_grant(self) -> One[UUID, FamilyGrant]:
        return One(FamilyGrant)

    @cached_property
    def paid_of_pair(self) -> Batched[tuple[UUID, UUID], Paid]:
        return Batched(self.read_paid)

    async def read_paid(self, pairs: list[tuple[UUID, UUID]]) -> list[Paid]:
        """What payers paid for members of late."""
        return await paid_in_pairs(pairs, self.now())

    @cached_property
    def signatures_of_fill(self) -> Many[UUID, FeeListSignature]:
        return Many(FeeListSignature, "fill_id", "-signed_at")

    @cached_property
    def lines_of_prescription(self) -> Many[UUID, PrescriptionLine]:
        return Many(PrescriptionLine, "prescription_id", "number")

    @cached_property
    def fills_of_prescription(self) -> Many[UUID, Fill]:
        return Many(Fill, "prescription_id", "requested_at", seen=self.seen_fills)

    @cached_property
    def fill_lines_of_prescription_line(self) -> Many[UUID, FillLine]:
        return Many(FillLine, "prescription_line_id", "id")

    @cached_property
    def lines_of_fill(self) -> Many[UUID, FillLine]:
        return Many(FillLine, "fill_id", "prescription_line__number")

    @cached_property
    def queries_of_fill(self) -> Many[UUID, PrescriberQuery]:
        return Many(PrescriberQuery, "fill_id", "asked_at")

    @cached_property
    def checks_of_fill(self) -> Many[UUID, IdentityCheck]:
        return Many(IdentityCheck, "fill_id", "submitted_at")

    @cached_property
    def images_of_check(self) -> Many[UUID, IdentityImage]:
        return Many(IdentityImage, "check_row_id", "kind")

    @cached_property
    def lines_of_settlement(self) -> Many[UUID, SettlementLine]:
        return Many(SettlementLine, "settlement_id", "number")

    @cached_property
    def reversals_of_settlement(self) -> Many[UUID, Reversal]:
        return Many(Reversal, "settlement_id", "sequence")

    @cached_property
    def lines_of_reversal(self) -> Many[UUID, ReversalLine]:
        return Many(ReversalLine, "reversal_id", "id")
