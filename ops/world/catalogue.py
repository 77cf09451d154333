"""The sample catalogue (示例目录): drugs, their prices and the special diseases they treat."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from ops.pinyin import readings
from ops.world.ids import stable_id
from ops.world.rows import DrugDiseaseRow, DrugPriceRow, DrugRow
from policy.terms import DrugKind, DrugRestriction, ListClass, PriceKind


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug with all that hangs on it (药品): its prices, diseases, usual dose and trace-code prefix."""

    row: DrugRow
    prices: tuple[DrugPriceRow, ...]
    diseases: tuple[str, ...]
    usual_dose: Decimal
    usual_times_per_day: Decimal
    trace_prefix: str
    is_synthetic: bool = False

    @property
    def code(self) -> str:
        """The national code (医保药品编码)."""
        return self.row.code

    def disease_rows(self) -> Iterator[DrugDiseaseRow]:
        """The diseases as rows (病种用药范围)."""
        for disease in self.diseases:
            yield DrugDiseaseRow(stable_id("drug-disease", self.code, disease), self.code, disease)

    def price(self, kind: PriceKind, area: str, on: date) -> Decimal | None:
        """The price of a kind published for an area on a day (当日价格)."""
        for found in self.prices:
            if found.kind is kind and found.area == area and found.since <= on <= (found.until or date.max):
                return found.amount
        return None


@dataclass(frozen=True, slots=True)
class Disease:
    """A special disease (门诊特殊病种) and the provinces that have it."""

    code: str
    name: str
    provinces: tuple[str, ...]


@cache
def drugs() -> tuple[Drug, ...]:
    """Every drug of the sample catalogue (示例药品), in the order of the file."""
    prices: dict[str, list[DrugPriceRow]] = {}
    for line in _lines("prices.csv"):
        price = _price(line)
        prices.setdefault(price.drug_id, []).append(price)
    return tuple(_drug(line, tuple(prices.get(line["code"], ()))) for line in _lines("catalogue.csv"))


@cache
def diseases() -> dict[str, Disease]:
    """Every special disease of the sample (示例病种), by code."""
    content = tomllib.loads(files("ops.world").joinpath("diseases.toml").read_text("utf-8"))
    return {
        entry["code"]: Disease(entry["code"], entry["name"], tuple(entry["provinces"]))
        for entry in content["disease"]
    }


def _drug(line: dict[str, str], prices: tuple[DrugPriceRow, ...]) -> Drug:
    flags = line["flags"].split()
    return Drug(
        row=DrugRow(
            code=line["code"],
            generic_name=line["generic_name"],
            ingredient=line["ingredient"],
            form=line["form"],
            spec=line["spec"],
            manufacturer=line["manufacturer"],
            approval_number=line["approval_number"],
            pinyin=line["pinyin"],
            kind=DrugKind(line["kind"]),
            list_class=ListClass(line["list_class"]),
            restriction=DrugRestriction(line["restriction"]) if line["restriction"] else None,
            package_unit=line["package_unit"],
            base_unit=line["base_unit"],
            units_per_package=Decimal(line["units_per_package"]),
            is_insulin="insulin" in flags,
            is_essential="essential" in flags,
            is_vbp="vbp" in flags,
            is_negotiated="negotiated" in flags,
            is_dual_channel="dual_channel" in flags,
            is_consumable="consumable" in flags,
            limited_use="limited_use" in flags,
            min_tier=int(line["min_tier"]) if line["min_tier"] else None,
            is_sample=True,
            pinyin_readings=readings(line["generic_name"]),
        ),
        prices=prices,
        diseases=tuple(line["diseases"].split()),
        usual_dose=Decimal(line["usual_dose"]),
        usual_times_per_day=Decimal(line["usual_times_per_day"]),
        trace_prefix=line["trace_prefix"],
    )


def _price(line: dict[str, str]) -> DrugPriceRow:
    kind, area, since, source = PriceKind(line["kind"]), line["area"], line["since"], line["source"]
    return DrugPriceRow(
        id=stable_id("price", line["code"], area, kind, since, source),
        drug_id=line["code"],
        area=area,
        kind=kind,
        amount=Decimal(line["amount"]),
        since=date.fromisoformat(since),
        until=date.fromisoformat(line["until"]) if line["until"] else None,
        source=source,
    )


def _lines(name: str) -> Iterator[dict[str, str]]:
    lines = files("ops.world").joinpath(name).read_text("utf-8").splitlines()
    yield from csv.DictReader(line for line in lines if not line.startswith("#"))
