"""The forms of identifiers."""

import pytest

from policy.identifiers import (
    id_check_digit,
    is_adcode,
    is_doctor_code,
    is_drug_code,
    is_id_number,
    is_institution_code,
    is_trace_code,
    pooling_area,
    province,
)


def sample_id(first17: str) -> str:
    """An identity number with its check character."""
    return first17 + id_check_digit(first17)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("XC08CAS001A001010199901", True),
        ("ZA01AAD00120102003456"[:20], True),
        ("XC08CAS001A00101019990", False),
        ("XC08CAS001A0010101999012", False),
        ("xC08CAS001A001010199901", False),
        ("XC08CAS001A00101019990１", False),
        ("XC08CAS001A001010199901\n", False),
        ("", False),
    ],
)
def test_drug_codes(text: str, expected: bool) -> None:
    assert is_drug_code(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("H35010200001", True), ("P14010500001", True), ("D35010200001", False), ("H3501020000", False)],
)
def test_institution_codes(text: str, expected: bool) -> None:
    assert is_institution_code(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("D350102000001", True), ("D35010200000", False)])
def test_doctor_codes(text: str, expected: bool) -> None:
    assert is_doctor_code(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("81012350000000157474", True), ("71012350000000157474", False), ("8101235000000015747", False)],
)
def test_trace_codes(text: str, expected: bool) -> None:
    assert is_trace_code(text) is expected


def test_the_check_character_follows_gb_11643() -> None:
    # the example that the standard's explanations use
    assert id_check_digit("11010519491231002") == "X"


def test_a_sample_number_is_a_number_only_where_samples_are_allowed() -> None:
    text = sample_id("99010119800229001")

    assert is_id_number(text, allow_samples=True)
    assert not is_id_number(text)


@pytest.mark.parametrize(
    "first17",
    ["99010119810229001", "99010119801301001", "99010119800001001", "99010100000101001"],
    ids=["平年2月29日", "13月", "0月", "公元0年"],
)
def test_a_birth_date_must_be_a_day(first17: str) -> None:
    assert not is_id_number(sample_id(first17), allow_samples=True)


def test_a_wrong_check_character_is_found() -> None:
    text = sample_id("99010119800229001")
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")

    assert not is_id_number(wrong, allow_samples=True)


@pytest.mark.parametrize("text", ["", "9901011980022900", "99010119800229001a", "９９010119800229001X"])
def test_texts_that_are_no_numbers_are_refused_without_a_fault(text: str) -> None:
    assert not is_id_number(text, allow_samples=True)


@pytest.mark.parametrize("text", ["", "1101051949123100", "1101051949123100２", "1101051949123100x"])
def test_a_check_character_of_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        id_check_digit(text)


def test_areas_lie_in_pooling_areas_and_provinces() -> None:
    assert (pooling_area("350102"), province("350102")) == ("350100", "350000")
    assert pooling_area("350128") == "350100", "平潭 belongs to Fuzhou's data"
    assert pooling_area("141182") == "141100"


@pytest.mark.parametrize("text", ["", "3501", "99010１", "990101", "350102\n"])
def test_what_is_no_area_is_refused(text: str) -> None:
    assert not is_adcode(text)
    with pytest.raises(ValueError, match="not an area code"):
        province(text)
