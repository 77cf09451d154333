"""The form of identifiers: national codes, identity numbers, areas."""

import re
from datetime import date

WESTERN_DRUG = re.compile(r"X[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{3}[A-Z][0-9]{3}[0-9]{9}")
CHINESE_DRUG = re.compile(r"Z[A-Z][0-9]{2}[A-Z]{2}[A-Z][0-9]{4}[0-9]{9}")
INSTITUTION = re.compile(r"[HP][1-8][0-9]{10}")
DOCTOR = re.compile(r"D[0-9]{12}")
CONSUMABLE_CODE = re.compile(r"C[0-9]{19,26}")
TRACE_CODE = re.compile(r"8[0-9]{19}")
ADCODE = re.compile(r"[1-8][0-9]{5}")
ID_NUMBER = re.compile(r"(?P<area>[1-9][0-9]{5})(?P<birth>[0-9]{8})[0-9]{3}[0-9X]")

SAMPLE_AREA = "99"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"


def is_consumable_code(text: str) -> bool:
    """Whether this has the form of a consumable's code (医用耗材编码): C and 19 to 26 digits."""
    return bool(CONSUMABLE_CODE.fullmatch(text))


def is_drug_code(text: str) -> bool:
    """Whether the text has the form of a drug code (医保药品编码): western X 23, Chinese patent Z 20."""
    return bool(WESTERN_DRUG.fullmatch(text) or CHINESE_DRUG.fullmatch(text))


def is_institution_code(text: str) -> bool:
    """Whether the text has the form of an institution code (定点医药机构编码): H or P, area, serial."""
    return bool(INSTITUTION.fullmatch(text))


def is_doctor_code(text: str) -> bool:
    """Whether the text has the form of a doctor's code (医保医师编码)."""
    return bool(DOCTOR.fullmatch(text))


def is_trace_code(text: str) -> bool:
    """Whether the text has the form of a drug trace code (药品追溯码): 20 digits, the first an 8."""
    return bool(TRACE_CODE.fullmatch(text))


def is_adcode(text: str) -> bool:
    """Whether the text has the form of an area code (行政区划代码, GB/T 2260)."""
    return bool(ADCODE.fullmatch(text))


def is_id_number(text: str, *, allow_samples: bool = False) -> bool:
    """Whether the text is a sound identity number (居民身份证号, GB 11643).

    Areas that begin with 99 exist nowhere; demonstration data uses them and only it may.
    """
    parts = ID_NUMBER.fullmatch(text)
    if parts is None or not is_birth_date(parts["birth"]):
        return False
    area = parts["area"]
    if not is_adcode(area) and not (allow_samples and area.startswith(SAMPLE_AREA)):
        return False
    return text[-1] == id_check_digit(text[:17])


def id_check_digit(first17: str) -> str:
    """The check character (校验码) of an identity number's first 17 digits (GB 11643)."""
    if len(first17) != len(WEIGHTS) or not (first17.isascii() and first17.isdigit()):
        raise ValueError(f"An identity number has {len(WEIGHTS)} digits before its check character.")
    total = sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True))
    return CHECK_DIGITS[total % len(CHECK_DIGITS)]


def is_birth_date(text: str) -> bool:
    """Whether eight digits are a day of the calendar (出生日期)."""
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def pooling_area(adcode: str) -> str:
    """The pooling area (统筹区) an area belongs to: its city. Pingtan (平潭 350128) belongs to Fuzhou's."""
    return f"{known_form(adcode)[:4]}00"


def province(adcode: str) -> str:
    """The province (省) an area belongs to."""
    return f"{known_form(adcode)[:2]}0000"


def known_form(adcode: str) -> str:
    """The area code itself, or a refusal when it is none."""
    if not is_adcode(adcode):
        raise ValueError(f"{adcode!r} is not an area code of six digits (GB/T 2260).")
    return adcode
