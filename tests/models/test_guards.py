"""What the database itself refuses, whoever asks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise import Tortoise, connections
from tortoise.exceptions import IntegrityError
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.migrations.schema_generator.state import State
from tortoise.models import Model
from tortoise.transactions import in_transaction

import models
from models import (
    Account,
    Event,
    Fill,
    FillLine,
    JournalEntry,
    Posting,
    PrescriptionLine,
    Settlement,
    StockBatch,
    StockHold,
    StockItem,
    StockMovement,
)
from models.account import AccountKind
from ops.table_history import tables_after
from ops.world.cast import FUJIAN_PHARMACY
from policy.terms import EventKind, MovementKind, Role
from services.ledger import account_of
from tests.house import House
from tests.money.words import reverse
from tests.services.stage import settled_fill, walkers

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
TABLES: Sequence[type[Model]] = [getattr(models, name) for name in models.__all__]
FROZEN = [
    "posting",
    "journal_entry",
    "stock_movement",
    "settlement",
    "settlement_line",
    "reversal",
    "reversal_line",
    "event",
    "audit_entry",
]


@pytest.fixture(scope="module", autouse=True)
async def settled(house: House) -> str:
    """A settlement, and another taken back, so that every table has a row to hold on to."""
    fill = await settled_fill(walkers(house))
    other = await Settlement.get(fill_id=fill["id"])
    await reverse(house.client(Role.PHARMACY, FUJIAN_PHARMACY), {"id": str(other.id)})
    return str((await settled_fill(walkers(house)))["id"])


async def rows(query: str, *values: Any) -> list[dict[str, Any]]:
    """What a statement gives."""
    found: list[dict[str, Any]] = await connections.get("default").execute_query_dict(query, list(values))
    return found


def database_refuses(*errors: type[BaseException]) -> Any:
    """The statement fails in the database."""
    return pytest.raises((IntegrityError, asyncpg.PostgresError, *errors))


class Detector(MigrationAutodetector):
    """Tortoise's, in a tenth of its time."""

    async def _project_state(self) -> State:
        nodes = self.loader.graph.nodes
        return await tables_after(nodes[key] for key in self._full_plan())


async def test_the_migrations_make_the_tables_that_the_models_describe() -> None:
    changes = await Detector(
        Tortoise.apps, {"models": {"models": ["models"], "migrations": "models.migrations"}}
    ).changes()

    assert not any(changes), "run `tortoise makemigrations`"


async def test_every_constraint_of_the_models_is_in_the_database() -> None:
    known = {row["name"] for row in await rows("SELECT conname AS name FROM pg_constraint")}
    known |= {row["name"] for row in await rows("SELECT indexname AS name FROM pg_indexes")}

    wanted = {
        constraint.name
        for table in TABLES
        for constraint in getattr(table.Meta, "constraints", ())
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }

    assert len(wanted) >= 10
    assert wanted - known == set()


async def test_what_is_unique_together_is_so_in_the_database() -> None:
    found = await rows(
        "SELECT tablename AS table_name, indexdef FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE INDEX%'"
    )

    for table in TABLES:
        for names in table._meta.unique_together:
            columns = ", ".join(table._meta.fields_map[name].source_field or name for name in names)
            has = [row for row in found if row["table_name"] == table._meta.db_table]
            assert any(f"({columns})" in row["indexdef"].replace('"', "") for row in has), (
                f"{table.__name__} {names}: no unique index on ({columns})"
            )


@pytest.mark.parametrize("table", FROZEN)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET id = id", "DELETE FROM {0}"])
async def test_what_is_on_record_is_never_changed_or_removed(table: str, statement: str) -> None:
    before = (await rows(f"SELECT count(*) AS many FROM {table}"))[0]["many"]

    with pytest.raises((IntegrityError, asyncpg.PostgresError), match="never changed or removed"):
        await connections.get("default").execute_query(statement.format(table))

    assert before > 0
    assert (await rows(f"SELECT count(*) AS many FROM {table}"))[0]["many"] == before


@pytest.mark.parametrize(
    ("debit", "credit"), [("10.00", "9.99"), ("10.00", None)], ids=["差一分", "只有一边"]
)
async def test_an_entry_that_does_not_balance_cannot_be_committed(debit: str, credit: str | None) -> None:
    reference = uuid4().hex
    payable = await account_of(AccountKind.PHARMACY_PAYABLE, FUJIAN_PHARMACY)
    cash = await account_of(AccountKind.PHARMACY_CASH, FUJIAN_PHARMACY)

    with database_refuses():
        async with in_transaction():
            entry = await JournalEntry.create(kind="TEST", reference=reference, text="", booked_at=NOW)
            await Posting.create(entry=entry, account=cash, debit=Decimal(debit))
            if credit is not None:
                await Posting.create(entry=entry, account=payable, credit=Decimal(credit))

    assert not await JournalEntry.filter(reference=reference).exists()


async def test_a_balanced_entry_can_be_committed() -> None:
    reference = uuid4().hex
    payable = await account_of(AccountKind.PHARMACY_PAYABLE, FUJIAN_PHARMACY)
    cash = await account_of(AccountKind.PHARMACY_CASH, FUJIAN_PHARMACY)

    async with in_transaction():
        entry = await JournalEntry.create(kind="TEST", reference=reference, text="", booked_at=NOW)
        await Posting.create(entry=entry, account=cash, debit=Decimal("10.00"))
        await Posting.create(entry=entry, account=payable, credit=Decimal("10.00"))

    assert await JournalEntry.filter(reference=reference).exists()


@pytest.mark.parametrize(("debit", "credit"), [(0, 0), (5, 5), (-5, 0), (0, -5)])
async def test_a_posting_has_one_side(debit: int, credit: int) -> None:
    entry = await JournalEntry.first()
    account = await Account.first()

    with database_refuses():
        await Posting.create(entry=entry, account=account, debit=debit, credit=credit)


async def test_a_members_account_never_falls_below_zero() -> None:
    account = await Account.filter(kind=AccountKind.MEMBER_ACCOUNT).first()
    assert account is not None

    with database_refuses():
        await Account.filter(id=account.id).update(balance=Decimal("-0.01"))


@pytest.mark.parametrize(
    "change", [{"on_hand": -1}, {"held": -1}, {"held": 999_999}, {"price": 0}, {"price": -1}], ids=str
)
async def test_stock_never_falls_below_what_is_held(change: dict[str, int]) -> None:
    item = await StockItem.filter(held=0).first()
    assert item is not None

    with database_refuses():
        await StockItem.filter(id=item.id).update(**change)


async def test_a_prescription_line_is_in_one_live_fill_at_most(settled: str) -> None:
    line = await FillLine.filter(fill_id=settled).first()
    assert line is not None
    copy: dict[str, Any] = {
        "fill_id": line.fill_id,
        "prescription_line_id": line.prescription_line_id,
        "drug_id": line.drug_id,
        "quantity": line.quantity,
        "price": line.price,
    }

    with database_refuses():
        await FillLine.create(**copy)
    ended = await FillLine.create(**copy, is_live=False)

    assert not ended.is_live


async def test_a_fill_is_settled_once(settled: str) -> None:
    row = await Settlement.get(fill_id=settled)
    values = {name: getattr(row, name) for name in Settlement._meta.db_fields if name != "id"}

    with database_refuses():
        await Settlement.create(**(values | {"number": uuid4().hex[:30]}))


@pytest.mark.parametrize(
    "change",
    [{"cash": "1.00"}, {"pooled_fund": "-1.00"}, {"total": "0.01"}, {"account": "-1.00"}],
    ids=str,
)
async def test_a_settlement_that_does_not_add_up_is_refused(settled: str, change: dict[str, str]) -> None:
    row = await Settlement.get(fill_id=settled)
    other = await Fill.filter(settlement=None).first() or await Fill.get(id=settled)
    values = {name: getattr(row, name) for name in Settlement._meta.db_fields if name != "id"}
    amounts = {name: getattr(row, name) + Decimal(amount) for name, amount in change.items()}
    if next(iter(change.values())).startswith("-"):
        amounts = {name: Decimal(amount) for name, amount in change.items()}

    with database_refuses() as refused:
        await Settlement.create(**(values | amounts | {"number": uuid4().hex[:30], "fill_id": other.id}))

    assert "settlement_" in str(refused.value)


@pytest.mark.parametrize("change", [{"quantity": 0}, {"quantity": -1}, {"days": 0}])
async def test_a_prescription_line_prescribes_something(change: dict[str, int]) -> None:
    line = await PrescriptionLine.first()
    assert line is not None

    with database_refuses():
        await PrescriptionLine.filter(id=line.id).update(**change)


async def test_two_holds_of_one_fill_line_are_impossible() -> None:
    hold = await StockHold.first()
    assert hold is not None

    with database_refuses():
        await StockHold.create(item_id=hold.item_id, fill_line_id=hold.fill_line_id, quantity=1, taken_at=NOW)


@pytest.mark.parametrize("which", ["另一药品的批次", "没有批次", "没有这一批次"])
async def test_a_movement_is_of_a_batch_of_its_drug(which: str) -> None:
    batch = await StockBatch.first()
    assert batch is not None
    other = await StockBatch.exclude(item_id=batch.item_id).first()
    assert other is not None
    wrong = {"另一药品的批次": other.id, "没有批次": None, "没有这一批次": uuid4()}[which]
    values: dict[str, Any] = {
        "item_id": batch.item_id,
        "kind": MovementKind.ADJUSTMENT,
        "quantity": Decimal(0),
        "moved_at": NOW,
        "recorded_by": "test",
    }

    await StockMovement.create(batch_id=batch.id, **values)
    with database_refuses() as refused:
        await StockMovement.create(batch_id=wrong, **values)

    assert "batch" in str(refused.value)


async def test_two_events_of_a_topic_never_share_a_number() -> None:
    event = await Event.first()
    assert event is not None

    with database_refuses():
        await Event.create(
            topic=event.topic, sequence=event.sequence, kind=EventKind.FILL_READY, occurred_at=NOW
        )


async def test_a_grant_needs_two_people() -> None:
    member = await models.Member.first()
    assert member is not None

    with database_refuses():
        await models.FamilyGrant.create(owner=member, proxy=member, relation="OTHER", since=NOW)
