"""Taking dated prices into the catalogue (目录价格导入): listed, awarded, negotiated, payment standard.

The file is CSV in UTF-8 with the columns code, area, kind, amount, since, until, source (others are let be;
lines that begin with # are notes). All of it is taken, or none; a second time nothing changes. Drugs that
came into the catalogue without their pinyin get it then.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from ops.databases import connection_options
from ops.pinyin import initials, readings
from policy.identifiers import is_adcode, is_consumable_code, is_drug_code
from policy.terms import PriceKind

COLUMNS = ("code", "area", "kind", "amount", "since", "until", "source")
FINEST = Decimal("0.000001")
MOST = Decimal(10) ** 10

Key = tuple[str, str, str, date, str]


class BadCatalogue(ValueError):
    """A catalogue file with errors (目录文件有误), one sentence for each, with its line."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(errors))


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One dated price of the file (价格行), and the line it stands on."""

    line: int
    code: str
    area: str
    kind: PriceKind
    amount: Decimal
    since: date
    until: date | None
    source: str

    @property
    def key(self) -> Key:
        """What there is one price of (唯一键): drug, area, kind, first day, source."""
        return self.code, self.area, self.kind.value, self.since, self.source


@dataclass(slots=True)
class Imported:
    """What an import did (导入结果)."""

    added: int = 0
    ended: int = 0
    known: int = 0

    @property
    def message(self) -> str:
        """A sentence that says so."""
        return f"{self.added} prices added, {self.ended} given another last day, {self.known} known already."


@dataclass(slots=True)
class Reader:
    """Reading line after line, remembering every error (逐行读取)."""

    errors: list[str] = field(default_factory=list)

    def wrong(self, line: int, column: str, problem: str) -> None:
        """Remember an error of one column."""
        self.errors.append(f"line {line}, {column}: {problem}")

    def day(self, line: int, column: str, text: str) -> date | None:
        """A day as ISO writes it."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(line, column, f"{text!r} is no day like 2026-03-01")
            return None

    def money(self, line: int, text: str) -> Decimal | None:
        """A price of more than nothing, to a millionth of a yuan."""
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 < amount < MOST or amount != amount.quantize(FINEST):
            self.wrong(line, "amount", f"{text!r} is no price above zero with at most six decimals")
            return None
        return amount

    def row(self, line: int, told: Mapping[str, str]) -> PriceRow | None:
        """One price, or None when something is wrong with it."""
        before = len(self.errors)
        if not (is_drug_code(told["code"]) or is_consumable_code(told["code"])):
            self.wrong(line, "code", f"{told['code']!r} is no national drug code")
        if not is_adcode(told["area"]):
            self.wrong(line, "area", f"{told['area']!r} is no area code of six digits")
        if told["kind"] not in PriceKind.__members__:
            self.wrong(line, "kind", f"{told['kind']!r} is none of {', '.join(PriceKind)}")
        if not 1 <= len(told["source"]) <= 100:
            self.wrong(line, "source", "say who published the price, in at most 100 characters")
        amount, since = self.money(line, told["amount"]), self.day(line, "since", told["since"])
        until = self.day(line, "until", told["until"]) if told["until"] else None
        if since and until and until < since:
            self.wrong(line, "until", f"{until} lies before {since}")
        if len(self.errors) > before or amount is None or since is None:
            return None
        kind = PriceKind(told["kind"])
        return PriceRow(line, told["code"], told["area"], kind, amount, since, until, told["source"])


def read(path: Path) -> list[PriceRow]:
    """Every price of a file; every line that is wrong is named (逐行报错)."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCatalogue([f"{path.name} is not UTF-8: {error.reason} at byte {error.start}"]) from error
    except OSError as error:
        raise BadCatalogue([f"{path}: {error.strerror}"]) from error
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    return rows_of(numbered)


def rows_of(numbered: Sequence[tuple[int, str]]) -> list[PriceRow]:
    """The prices in these numbered lines, the first of which names the columns."""
    if not numbered:
        raise BadCatalogue([f"The file is empty; its first line names the columns {', '.join(COLUMNS)}."])
    header = next(csv.reader([numbered[0][1]]))
    if missing := [column for column in COLUMNS if column not in header]:
        raise BadCatalogue([f"line {numbered[0][0]}: the columns {', '.join(missing)} are missing"])
    reader, rows, seen = Reader(), [], dict[Key, int]()
    for number, cells in cells_of(numbered[1:]):
        if len(cells) != len(header):
            reader.errors.append(f"line {number}: {len(cells)} cells under {len(header)} columns")
            continue
        told = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
        row = reader.row(number, told)
        if row is None:
            continue
        if (first := seen.setdefault(row.key, number)) != number:
            reader.errors.append(f"line {number}: the same drug, area, kind, day and source as line {first}")
        rows.append(row)
    if reader.errors:
        raise BadCatalogue(reader.errors)
    return rows


def cells_of(numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line; a price needs no cell that runs over several."""
    for number, line in numbered:
        yield number, next(csv.reader([line]))


async def import_catalogue(database_url: str, path: Path) -> Imported:
    """Take a file's prices into the database (导入), all of them or none, each once."""
    rows = read(path)
    connection = await asyncpg.connect(**connection_options(database_url), timeout=30, statement_cache_size=0)
    try:
        async with connection.transaction():
            await spell(connection)
            return await take(connection, rows)
    finally:
        await connection.close()


UNREAD = "SELECT code, generic_name FROM drug WHERE pinyin_readings = '' ORDER BY code FOR NO KEY UPDATE"
READ = "UPDATE drug SET pinyin_readings = $2, pinyin = coalesce(nullif(pinyin, ''), $3) WHERE code = $1"


async def spell(connection: Any) -> int:
    """Write what drugs that came without may be typed as (拼音检索码); gives how many they were."""
    rows = await connection.fetch(UNREAD)
    names = [(row["code"], row["generic_name"]) for row in rows]
    await connection.executemany(READ, [(code, readings(name), initials(name)[:60]) for code, name in names])
    return len(rows)


KNOWN = """
SELECT drug_id, area, kind, since, source, amount, until FROM drug_price
WHERE drug_id = ANY($1::text[]) FOR UPDATE
"""
ADD = """
INSERT INTO drug_price (id, drug_id, area, kind, amount, since, until, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
END = """
UPDATE drug_price SET until = $6 WHERE drug_id = $1 AND area = $2 AND kind = $3 AND since = $4 AND source = $5
"""


async def take(connection: Any, rows: Sequence[PriceRow]) -> Imported:
    """Add what is new and end what ends otherwise; a published amount is never changed.

    Two imports at once take turns at the drugs' rows, so that the second finds what the first wrote.
    """
    codes = sorted({row.code for row in rows})
    drugs = await connection.fetch(
        "SELECT code FROM drug WHERE code = ANY($1::text[]) ORDER BY code FOR NO KEY UPDATE", codes
    )
    known = {
        (row["drug_id"], row["area"], row["kind"], row["since"], row["source"]): row
        for row in await connection.fetch(KNOWN, codes)
    }
    refuse_contradictions(rows, {row["code"] for row in drugs}, known)
    done = Imported()
    for row in rows:
        before = known.get(row.key)
        if before is None:
            await connection.execute(
                ADD, uuid4(), row.code, row.area, row.kind.value, row.amount, row.since, row.until, row.source
            )
            done.added += 1
        elif before["until"] != row.until:
            await connection.execute(END, *row.key, row.until)
            done.ended += 1
        else:
            done.known += 1
    return done


def refuse_contradictions(rows: Iterable[PriceRow], drugs: set[str], known: Mapping[Key, Any]) -> None:
    """Stop at drugs that the catalogue lacks, and at another amount for a price that was published."""
    errors = []
    for row in rows:
        if row.code not in drugs:
            errors.append(f"line {row.line}, code: the catalogue has no drug {row.code}")
        before = known.get(row.key)
        if before is not None and before["amount"] != row.amount:
            errors.append(
                f"line {row.line}, amount: {row.source} published {before['amount'].normalize():f} from "
                f"{row.since} on, not {row.amount:f}; a new price has a new first day"
            )
    if errors:
        raise BadCatalogue(errors)
