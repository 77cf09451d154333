"""The older version's program, and a world that any version can read (旧版程序与数据)."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from packaging.requirements import Requirement

from engines.keys import KeyRing
from ops.processes import PROJECT
from ops.world import cast
from ops.world.ids import id_number, member_id

BORN = date(1958, 5, 4)
MONEY = 100_000
SHOPS = (cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_OTHER)
LINE = cast.FUJIAN_LINES[0]
WORDS = """
import enum, models.job, policy.terms
for module in (models.job, policy.terms):
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, enum.StrEnum):
            print(*(f"{one.__name__}.{word.value}" for word in one))
"""


class OtherPackages(Exception):
    """The older version asks for other packages than are installed here (依赖不同)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who walks the road once (参保人)."""

    psn_no: str
    id_number: str

    @property
    def id(self) -> UUID:
        """The member's id."""
        return member_id(self.psn_no)


def taken_out(revision: str, folder: Path) -> Path:
    """The program as it was then, in a folder of its own; refused where it needs other packages."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", revision], cwd=PROJECT, capture_output=True, check=False
    )
    if packed.returncode:
        sys.exit(f"git has no {revision}: {packed.stderr.decode(errors='replace').strip()}")
    folder.mkdir()
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    if differing := other_packages((folder / "requirements.txt").read_text()):
        raise OtherPackages(f"{revision} runs with other packages than these: {', '.join(differing)}.")
    return folder


def other_packages(locked: str) -> list[str]:
    """Which of the locked packages are not installed as they are locked."""
    found = []
    for line in locked.splitlines():
        if "==" not in line or line.startswith(("#", " ")):
            continue
        wanted = Requirement(line.rstrip("\\ "))
        if wanted.marker is None or wanted.marker.evaluate():
            try:
                has = version(wanted.name)
            except PackageNotFoundError:
                has = "none"
            if not wanted.specifier.contains(has):
                found.append(f"{wanted} (here {has})")
    return found


def run(folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """A command of the version in `folder`, to its end."""
    command = [sys.executable, "-m", "ops.cli", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} of {folder.name} failed:\n{done.stdout}{done.stderr}"[-3000:])


def words_of(folder: Path) -> set[str]:
    """Every word that the version in `folder` knows in rows (枚举值)."""
    said = subprocess.run(
        [sys.executable, "-c", WORDS], cwd=folder, capture_output=True, check=True, text=True
    )
    return set(said.stdout.split())


async def copied(connection: Any, table: str, key: object, **changes: object) -> None:
    """A row like the one with this id but for these columns, whatever columns this version has."""
    given = json.dumps(changes, default=str)
    await connection.execute(
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, $2::text::jsonb)).* FROM {table} t"
        " WHERE id = $1",
        key,
        given,
    )


async def crowd_of(connection: Any, keys: KeyRing, many: int) -> list[Person]:
    """So many people like the demo's patient, each with the disease on record and money (参保人)."""
    model = member_id(cast.FUJIAN_PATIENT)
    disease = await connection.fetchval(
        "SELECT id FROM special_disease_record WHERE member_id = $1 AND disease_code = $2",
        model,
        cast.FUJIAN_DISEASE,
    )
    account = await connection.fetchrow(
        "SELECT id, balance FROM account WHERE kind = 'MEMBER_ACCOUNT' AND owner = $1", str(model)
    )
    entry = await connection.fetchval("SELECT entry_id FROM posting WHERE account_id = $1", account["id"])
    legs = await connection.fetch(
        "SELECT id, account_id, debit, credit FROM posting WHERE entry_id = $1", entry
    )
    people = []
    async with connection.transaction():
        for number in range(many):
            person = Person(
                f"3501009{number:07d}", id_number("350100", BORN, 20_000 + number, is_male=number % 2 == 0)
            )
            context = f"member:{person.id}".encode()
            sealed = {
                name: "\\x" + keys.encrypt_text(text, context=context).hex()
                for name, text in (("name_sealed", "示例参保人"), ("id_number_sealed", person.id_number))
            }
            await copied(
                connection,
                "member",
                model,
                id=person.id,
                psn_no=person.psn_no,
                id_number_hash=keys.lookup_hash(person.id_number),
                **sealed,
            )
            await copied(connection, "special_disease_record", disease, id=uuid4(), member_id=person.id)
            await endowed(connection, person, account, entry, legs)
            people.append(person)
    return people


async def endowed(
    connection: Any,
    person: Person,
    account: Mapping[str, Any],
    entry: UUID,
    legs: Sequence[Mapping[str, Any]],
) -> None:
    """The person's account, with the entry that filled the model's booked again."""
    own, booked = uuid4(), uuid4()
    await copied(connection, "account", account["id"], id=own, owner=str(person.id), balance=MONEY)
    await copied(connection, "journal_entry", entry, id=booked, reference=f"BENCH:{person.psn_no}")
    for leg in legs:
        side = "debit" if leg["debit"] else "credit"
        to = own if leg["account_id"] == account["id"] else leg["account_id"]
        await copied(
            connection,
            "posting",
            leg["id"],
            id=uuid4(),
            entry_id=booked,
            account_id=to,
            **{side: MONEY},
        )


async def stocked(connection: Any, packages: int) -> None:
    """So many packages more of the drug in each shop, with the movements that brought them (进货)."""
    async with connection.transaction():
        for shop in SHOPS:
            item = await connection.fetchval(
                "UPDATE stock_item SET on_hand = on_hand + $3, sellable = sellable + $3"
                " WHERE pharmacy_id = $1 AND drug_id = $2 RETURNING id",
                shop,
                LINE.drug_code,
                packages,
            )
            moved = await connection.fetchrow(
                "SELECT m.id, m.batch_id FROM stock_movement m JOIN stock_batch b ON b.id = m.batch_id"
                " WHERE m.item_id = $1 AND m.quantity > 0 ORDER BY b.expires_on DESC LIMIT 1",
                item,
            )
            more = {"id": uuid4(), "quantity": packages, "trace_codes": []}
            await copied(connection, "stock_movement", moved["id"], **more)
            await connection.execute(
                "UPDATE stock_batch SET on_hand = on_hand + $2 WHERE id = $1", moved["batch_id"], packages
            )
