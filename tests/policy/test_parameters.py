"""The parameters: how they are found, and what their files must keep to."""

from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest

from policy.parameter import Parameter, ParameterNotFound
from policy.parameters import layers, parameter, parameters
from policy.parameters.files import ROWS, BadParameterFile, parse
from policy.rule import RULES
from tests.policy.sample_facts import FUZHOU, MONDAY, SANMING

EVERY = [row for rows in ROWS.values() for row in rows]
ROW = """
[[deductible]]
{more}
since = 2024-01-01
amount = 600
unit = "yuan/year"
basis = "样例"
reviewed = 2026-11-21
verified = false
"""


def test_a_value_comes_with_its_source_and_dates() -> None:
    found = parameter("prescription_validity", FUZHOU, on=MONDAY)

    assert (found.value, found.unit, found.rule) == (72, "hour", "FJ-5.2")
    assert found.basis == "闽医保规〔2023〕6号 五（二）"
    assert (found.since, found.until) == (date(2024, 1, 1), date(2026, 12, 31))
    assert (found.area, found.verified, found.reviewed) == ("350000", True, date(2026, 11, 21))


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2027, 1, 1)], ids=["生效前一日", "失效后首日"])
def test_fujians_values_hold_on_no_day_outside_the_notice(day: date) -> None:
    with pytest.raises(ParameterNotFound) as raised:
        parameter("prescription_validity", "350000", on=day)

    assert str(raised.value) == f"'prescription_validity' is not set in region 350000 on {day}."
    assert (raised.value.name, raised.value.area, raised.value.on) == ("prescription_validity", "350000", day)


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2026, 12, 31)], ids=["生效首日", "有效期最后一日"])
def test_fujians_values_hold_on_the_first_and_the_last_day(day: date) -> None:
    assert parameter("prescription_validity", "350000", on=day).count == 72


def test_the_city_comes_before_the_province() -> None:
    assert parameter("listing_platform", FUZHOU, on=MONDAY).text == "福建药耗招采"
    assert parameter("listing_platform", SANMING, on=MONDAY).text == "三明药品联盟"
    assert layers("350427") == ("350400", "350000")
    assert layers("350000") == ("350000",)


def test_another_provinces_value_is_never_used() -> None:
    with pytest.raises(ParameterNotFound, match=r"'supply_limit' is not set in region 140100"):
        parameter("supply_limit", "140100", on=MONDAY)


def test_the_row_with_the_most_fitting_columns_is_taken() -> None:
    key = {"benefit": "SPECIAL_DISEASE", "insurance": "310", "status": "WORKING"}

    general = parameter("annual_limit", FUZHOU, on=MONDAY, disease="M02101", **key)
    special = parameter("annual_limit", FUZHOU, on=MONDAY, disease="M03900", **key)

    assert general.amount == 20000
    assert special.amount == 6000


def test_a_question_by_an_unknown_column_is_a_fault() -> None:
    with pytest.raises(TypeError, match="teir"):
        parameter("fund_ratio", FUZHOU, on=MONDAY, teir="3")


def test_a_table_is_read_as_a_whole() -> None:
    groups = parameters("excluded_drugs", FUZHOU, on=MONDAY)

    assert [group.rule for group in groups] == ["FJ-3.1", "FJ-3.2", "FJ-3.3", "FJ-3.4", "FJ-3.5", "FJ-3.6"]
    with pytest.raises(ParameterNotFound):
        parameters("excluded_drugs", FUZHOU, on=date(2027, 1, 1))


@pytest.mark.parametrize("reader", ["amount", "count", "text", "words", "flag"])
def test_a_value_of_another_kind_is_not_read_as_something_else(reader: str) -> None:
    kinds = {"amount": "word", "count": Decimal("0.5"), "text": 3, "words": "word", "flag": 1}
    row = parameter("supply_limit", FUZHOU, on=MONDAY)
    wrong = Parameter("x", kinds[reader], "", "样例", False, row.since, None, FUZHOU)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="'x' of 350100"):
        getattr(wrong, reader)


def test_weeks_are_read_as_days() -> None:
    assert parameter("supply_limit", FUZHOU, on=MONDAY).days == 84
    assert parameter("ordinary_supply_limit", FUZHOU, on=MONDAY).days == 30


BAD = {
    "少列": ROW.format(more="").replace('basis = "样例"\n', ""),
    "多列": ROW.format(more='teir = "3"'),
    "没有值": ROW.format(more="").replace("amount = 600\n", ""),
    "两个值": ROW.format(more='value = "600"'),
    "金额是文字": ROW.format(more="").replace("600", '"600"'),
    "金额是开关": ROW.format(more="").replace("600", "true"),
    "期限颠倒": ROW.format(more="until = 2023-12-31"),
    "没有依据": ROW.format(more="").replace('"样例"', '""'),
    "核实不是开关": ROW.format(more="").replace("verified = false", 'verified = "no"'),
    "同日两个答案": ROW.format(more="") + ROW.format(more="").replace("2024-01-01", "2025-01-01"),
    "同样多的列两个答案": ROW.format(more='status = "WORKING"') + ROW.format(more="tier = 3"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_row_that_could_mislead_is_refused(text: str) -> None:
    with pytest.raises(BadParameterFile, match="deductible"):
        list(parse(text, "350100"))


def test_rows_that_follow_or_exclude_each_other_are_fine() -> None:
    text = (
        ROW.format(more="until = 2024-12-31")
        + ROW.format(more="").replace("2024-01-01", "2025-01-01")
        + ROW.format(more="tier = [0, 1]")
        + ROW.format(more="tier = 2")
    )

    [(name, rows)] = parse(text, "350100")

    assert name == "deductible"
    assert [row.keys for row in rows] == [(), (), (("tier", "0"),), (("tier", "1"),), (("tier", "2"),)]


def test_every_row_names_a_rule_and_was_reviewed() -> None:
    odd = [f"{row.area} {row.name}" for row in EVERY if row.rule not in RULES or row.reviewed is None]

    assert not odd, f"give these rows a rule of rules.toml and the day somebody looked: {odd}"


def test_only_what_the_regulations_say_is_verified() -> None:
    documents = {"350000": "闽医保规〔2023〕6号", "140000": "晋医保办发〔2022〕27号"}
    odd = [
        f"{row.area} {row.name}"
        for row in EVERY
        if row.verified and not row.basis.startswith(documents[f"{row.area[:2]}0000"])
    ]

    assert not odd, f"verified rows without a regulation of ours: {odd}"


def test_every_value_of_fujians_notice_says_when_it_lapses() -> None:
    odd = [
        f"{row.area} {row.name}"
        for row in EVERY
        if row.basis.startswith("闽医保规〔2023〕6号") and row.until != date(2026, 12, 31)
    ]

    assert not odd, f"the notice holds three years; write until on {odd}"


UNITS = {
    "hour",
    "day",
    "week",
    "year",
    "working_day",
    "times",
    "distance",
    "people",
    "tier",
    "ratio",
    "yuan/visit",
    "yuan/month",
    "yuan/quarter",
    "yuan/year",
}


def test_every_unit_is_one_that_code_understands() -> None:
    numbers = [row for row in EVERY if type(row.value) in (int, Decimal)]
    odd = [f"{row.area} {row.name} {row.unit}" for row in numbers if row.unit not in UNITS]

    assert numbers
    assert not odd


def test_ratios_are_ratios() -> None:
    for row in EVERY:
        if row.unit == "ratio":
            assert 0 < row.amount < 1, f"{row.area} {row.name} is {row.amount}"


@pytest.mark.parametrize("area", sorted({row.area for row in EVERY if not row.area.endswith("0000")}))
def test_every_sampled_city_has_every_value_its_benefits_need(area: str) -> None:
    benefits = {("OUTPATIENT", "310"), ("SPECIAL_DISEASE", "310")}
    if area.startswith("35"):
        benefits.add(("SPECIAL_DISEASE", "390"))
    for benefit, insurance in benefits:
        for status in ("WORKING", "RETIRED") if insurance == "310" else ("RESIDENT",):
            for tier in "0123":
                key = {"benefit": benefit, "insurance": insurance, "status": status, "tier": tier}
                for name in ("deductible", "fund_ratio", "annual_limit", "class_b_selfpay_ratio"):
                    assert not parameter(name, area, on=MONDAY, disease="", **key).verified


def test_the_files_are_the_ones_that_ship() -> None:
    names = {file.name for file in files("policy").joinpath("parameters").iterdir()}

    assert {"350000.toml", "140000.toml"} <= names


def test_legal_spans_for_the_services_are_set() -> None:
    for area in ("350100", "140100"):
        assert parameter("image_keep_days", area, on=MONDAY).days == 184
        assert parameter("prescription_retention", area, on=MONDAY).count == 2
    deadline = parameter("application_deadline", FUZHOU, on=MONDAY, applicant="PHARMACY", stage="TEST")
    assert deadline.count == 10
    assert parameter("stock_mismatch_limit", FUZHOU, on=MONDAY).amount == Decimal("0.05")
    assert date(2024, 3, 1) + timedelta(days=184) == date(2024, 9, 1), "the longest six months"
