"""The sample world: sound, and alike everywhere."""

import subprocess
import sys
from itertools import islice

import pytest
from tortoise import fields

import models
from ops.world.pharmacy_cast import Shelf
from ops.world.rows import COLUMNS, Row
from ops.world.shelves import Shelves
from ops.world.stock import movements
from ops.world.stored import columns
from ops.world.world import World
from policy.identifiers import (
    is_doctor_code,
    is_drug_code,
    is_id_number,
    is_institution_code,
    is_trace_code,
)
from tests.ops.worlds import codes, fingerprint, rows

SIZE = (40, 200)
"""More pharmacies and drugs than the cast: both kinds of each."""

MODELS = {
    model._meta.db_table: model
    for name in models.__all__
    if isinstance(model := getattr(models, name), type) and hasattr(model, "_meta")
}


def test_every_code_has_its_national_form(world: World) -> None:
    consumables = {found.code for found in world.drugs if found.row.is_consumable}

    assert [code for code in codes(world, "drug") if not is_drug_code(code)] == list(consumables)
    assert all(is_institution_code(code) for code in codes(world, "institution"))
    assert all(is_doctor_code(code) for code in codes(world, "doctor"))


def test_synthetic_drugs_and_many_pharmacies_have_sound_codes_too() -> None:
    large = World(3_000, 2_000)

    assert len({found.code for found in large.drugs}) == 2_000
    assert all(is_drug_code(found.code) for found in large.drugs if not found.row.is_consumable)
    assert len({found.code for found in large.pharmacies}) == 3_000
    assert all(is_institution_code(found.code) for found in large.pharmacies)
    assert len({found.trace_prefix for found in large.drugs}) == 2_000


def test_identity_numbers_are_samples_with_a_valid_check_digit(world: World) -> None:
    members = rows(world, "member")

    assert all(is_id_number(row.id_number, allow_samples=True) for row in members)
    assert not any(is_id_number(row.id_number) for row in members)
    assert len({row.id_number for row in members}) == len(members)
    assert all(row.id_number[6:14] == f"{row.birth_date:%Y%m%d}" for row in members)
    assert all(int(row.id_number[16]) % 2 == int(row.sex) % 2 for row in members)


def test_identity_numbers_stay_unique_in_a_large_world() -> None:
    members = rows(World(50_000), "member")

    assert len(members) > 20_000
    assert len({row.id_number for row in members}) == len(members)


def test_trace_codes_are_sound_and_no_box_has_two(world: World) -> None:
    shelves = Shelves(world.drugs, world.now)
    cast_pharmacies = [found for found in world.pharmacies if found.shelf is not Shelf.MIXED]
    boxes = [
        code
        for found in cast_pharmacies
        for offer in shelves.of(found)
        for code in next(movements(found, offer)).trace_codes
    ]

    assert len(boxes) > 10_000
    assert all(is_trace_code(code) for code in boxes)
    assert len(set(boxes)) == len(boxes)


@pytest.mark.parametrize("table", list(COLUMNS))
def test_rows_fit_their_table(world: World, table: str) -> None:
    known = {
        f"{name}_id" if isinstance(field, fields.relational.RelationalField) else name: field
        for name, field in MODELS[table]._meta.fields_map.items()
    }

    assert set(columns(table)) <= set(known)
    plain = [(name, known[name]) for name in COLUMNS[table] if name in known]
    for row in islice(world.tables()[table](), 2_000):
        values = dict(zip(COLUMNS[table], row, strict=True))
        for name, field in plain:
            assert values[name] is not None or field.null, f"{table}.{name} must not be empty"
            if isinstance(field, fields.CharField):
                assert values[name] is None or len(str(values[name])) <= field.max_length, f"{table}.{name}"


def test_every_reference_leads_to_a_row(world: World) -> None:
    keys: dict[str, set[object]] = {}
    targets = {"parent_id": "institution", "institution_id": "institution", "pharmacy_id": "institution"}
    targets |= {"drug_id": "drug", "member_id": "member", "owner_id": "member", "proxy_id": "member"}
    targets |= {"pharmacist_id": "pharmacist", "item_id": "stock_item"}
    targets |= {"entry_id": "journal_entry", "account_id": "account"}
    for table, made in world.tables().items():
        found: set[object] = set()
        count = 0
        for count, row in enumerate(made(), 1):  # noqa: B007  # how many there were
            found.add(row[0])
            for name, value in zip(COLUMNS[table], row, strict=True):
                if name in targets and value is not None:
                    known = found if targets[name] == table else keys[targets[name]]
                    assert value in known, f"{table}.{name} {value}"
        assert len(found) == count, f"{table} has an identifier twice"
        keys[table] = found


def test_the_world_is_the_same_in_another_process_with_other_hashes() -> None:
    script = f"from tests.ops.worlds import World, fingerprint; print(fingerprint(World{SIZE}))"
    environment = {"PYTHONPATH": ".", "PYTHONHASHSEED": "7", "TZ": "America/New_York"}

    with subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    ) as other:
        ours = fingerprint(World(*SIZE))
        theirs, _ = other.communicate()

    assert (other.returncode, theirs.strip()) == (0, ours)


def test_rows_are_tuples_that_cannot_be_changed(world: World) -> None:
    row: Row = next(world.tables()["institution"]())

    with pytest.raises(AttributeError):
        row.code = "H1"  # type: ignore[attr-defined]  # the point of the test
