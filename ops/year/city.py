"""What a simulated city has (城市): drugs with their prices, pharmacies, hospitals, the books' accounts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from policy.calendar import SHANGHAI
from policy.identifiers import pooling_area, province
from policy.money import FEN
from policy.prices import DatedPrice, ceiling, payment_standard
from policy.terms import AccountKind, ListClass, PriceKind

PHARMACIES_MAX = 400

DRUGS = """
SELECT code, list_class, limited_use, is_essential, is_dual_channel FROM drug
WHERE restriction IS NULL AND kind IN ('WESTERN', 'CHINESE_PATENT') AND NOT is_consumable
 AND NOT is_negotiated
ORDER BY code
"""
PRICES = """
SELECT drug_id, kind, amount, since, until, source FROM drug_price
WHERE area = ANY($1::text[]) ORDER BY since
"""
PHARMACIES = """
SELECT i.code, i.joined_vbp,
       (SELECT min(p.code) FROM pharmacist p WHERE p.institution_id = i.code) AS pharmacist
FROM institution i WHERE i.area = $1 AND i.kind = 'PHARMACY' ORDER BY i.code LIMIT $2
"""
HOSPITALS = """
SELECT i.code, i.area, COALESCE(i.tier, 1) AS tier, min(d.code) AS doctor
FROM institution i JOIN doctor d ON d.institution_id = i.code
WHERE left(i.area, 2) = left($1, 2) AND i.circulates AND i.kind <> 'PHARMACY'
GROUP BY i.code, i.area, i.tier ORDER BY i.code
"""
OPEN_ACCOUNTS = """
INSERT INTO account (id, kind, owner, balance)
SELECT gen_random_uuid(), k.kind, o.owner, NULL
FROM unnest($1::text[]) AS k(kind), unnest($2::text[]) AS o(owner)
ON CONFLICT (kind, owner) DO NOTHING
"""
ACCOUNTS = "SELECT kind, owner, id FROM account WHERE kind = ANY($1::text[])"

OF_AREA = (
    AccountKind.POOLED_CLEARING,
    AccountKind.FURTHER_FUNDS_CLEARING,
    AccountKind.ACCOUNT_CLEARING,
    AccountKind.CONTRIBUTIONS,
    AccountKind.POOLED_EXPENSE,
    AccountKind.POOLED_DEPOSIT,
    AccountKind.FURTHER_FUNDS_EXPENSE,
    AccountKind.FURTHER_FUNDS_DEPOSIT,
    AccountKind.ACCOUNT_EXPENSE,
    AccountKind.ACCOUNT_DEPOSIT,
)
OF_PHARMACY = (AccountKind.PHARMACY_PAYABLE, AccountKind.PHARMACY_CASH, AccountKind.PHARMACY_CASH_SALES)


class EmptyCity(Exception):
    """The database has no pharmacies, hospitals or drugs in that area (城市为空)."""

    def __init__(self, area: str, what: str) -> None:
        super().__init__(f"Area {area} has no {what} in this database: ask for more pharmacies.")


@dataclass(frozen=True)
class CityDrug:
    """A drug with its published prices (药品)."""

    code: str
    list_class: ListClass
    limited_use: bool
    is_essential: bool
    is_dual_channel: bool
    prices: tuple[DatedPrice, ...]


@dataclass(frozen=True)
class CityPharmacy:
    """A pharmacy and one pharmacist of it (药店)."""

    code: str
    joined_vbp: bool
    pharmacist: str | None


@dataclass(frozen=True)
class CityHospital:
    """A prescribing institution with one doctor (开方机构)."""

    code: str
    area: str
    tier: int
    doctor: str


@dataclass
class City:
    """A pooling area for one year (城市年度), small enough to be sent to every process."""

    area: str
    year: int
    seed: int
    drugs: list[CityDrug]
    pharmacies: list[CityPharmacy]
    hospitals: list[CityHospital]
    accounts: dict[tuple[str, str], UUID]
    asked: dict[tuple[str, bool, date], Decimal] = field(default_factory=dict)
    counted: dict[tuple[str, str, date], Decimal | None] = field(default_factory=dict)

    @property
    def begins(self) -> datetime:
        """The year's first instant (年初)."""
        return datetime(self.year, 1, 1, tzinfo=SHANGHAI)

    @property
    def days(self) -> int:
        """How many days the year has (全年天数)."""
        return (date(self.year + 1, 1, 1) - date(self.year, 1, 1)).days

    @property
    def person_prefix(self) -> str:
        """How the person numbers of the city begin (人员编号前缀): nobody else's do."""
        return f"Y{self.area}{self.year}"

    def chance(self, *parts: object) -> random.Random:
        """The chance of one part of the city (随机数): the same in every run."""
        return random.Random(":".join(map(str, (self.seed, self.area, self.year, *parts))))

    def price(self, drug: CityDrug, pharmacy: CityPharmacy, on: date) -> Decimal:
        """What a pharmacy asks (售价), within the ceiling of the month's first day."""
        key = (drug.code, pharmacy.joined_vbp, on.replace(day=1))
        if key not in self.asked:
            top = ceiling(drug.prices, self.area, key[2], joined_vbp=pharmacy.joined_vbp)
            assert top is not None, "drugs without a ceiling all year are left out"
            self.asked[key] = top.amount
        discount = Decimal(100 - int(pharmacy.code[-2:]) % 8) / 100
        return max((self.asked[key] * discount).quantize(FEN), FEN)

    def standard(self, drug: CityDrug, area: str, on: date) -> Decimal | None:
        """The payment standard (医保支付标准) where the prescription was issued."""
        key = (drug.code, area, on)
        if key not in self.counted:
            if len(self.counted) > 50_000:
                self.counted.clear()
            self.counted[key] = payment_standard(drug.prices, area, on)
        return self.counted[key]

    def account(self, kind: AccountKind, owner: str) -> UUID:
        """The account of the area or of a pharmacy (账户)."""
        return self.accounts[str(kind), owner]

    def instant(self, rng: random.Random) -> datetime:
        """Some instant of the year (时刻); now and then its first second, or its last."""
        edge = rng.random()
        if edge < 0.0005:
            return self.begins
        if edge < 0.001:
            return self.begins + timedelta(days=self.days, seconds=-1)
        day, second = rng.randrange(self.days), rng.randrange(8 * 3600, 21 * 3600)
        return self.begins + timedelta(days=day, seconds=second, microseconds=rng.randrange(1_000_000))


def is_priced(prices: Sequence[DatedPrice], area: str, year: int) -> bool:
    """Whether a drug has a ceiling in every month (全年有价)."""
    return all(
        ceiling(prices, area, date(year, month, 1), joined_vbp=joined) is not None
        for month in range(1, 13)
        for joined in (False, True)
    )


async def read_city(connection: Any, area: str, year: int, seed: int) -> City:
    """Read what the area has and open its accounts (读取城市)."""
    prices: dict[str, list[DatedPrice]] = {}
    for row in await connection.fetch(PRICES, [*{province(area), pooling_area(area), area}]):
        found = DatedPrice(PriceKind(row["kind"]), row["amount"], row["since"], row["until"], row["source"])
        prices.setdefault(row["drug_id"], []).append(found)
    drugs = [
        CityDrug(
            row["code"],
            ListClass(row["list_class"]),
            row["limited_use"],
            row["is_essential"],
            row["is_dual_channel"],
            tuple(prices[row["code"]]),
        )
        for row in await connection.fetch(DRUGS)
        if is_priced(prices.get(row["code"], ()), area, year)
    ]
    pharmacies = [CityPharmacy(*row) for row in await connection.fetch(PHARMACIES, area, PHARMACIES_MAX)]
    hospitals = [CityHospital(*row) for row in await connection.fetch(HOSPITALS, area)]
    for what, rows in (("drugs", drugs), ("pharmacies", pharmacies), ("hospitals", hospitals)):
        if not rows:
            raise EmptyCity(area, what)
    await connection.execute(OPEN_ACCOUNTS, [*OF_AREA], [area])
    await connection.execute(OPEN_ACCOUNTS, [*OF_PHARMACY], [one.code for one in pharmacies])
    accounts = {
        (row["kind"], row["owner"]): row["id"]
        for row in await connection.fetch(ACCOUNTS, [*OF_AREA, *OF_PHARMACY])
    }
    return City(area, year, seed, drugs, pharmacies, hospitals, accounts)
