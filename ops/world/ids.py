"""Identifiers of the sample world (示例编号): stable, so that two machines seed the same rows."""

from datetime import date
from uuid import UUID, uuid5

from policy.identifiers import id_check_digit

# Fixed for ever: every identifier of the sample world hangs on it.
_NAMESPACE = UUID("8c1f2d0e-6a57-5b0c-9a3e-2f4d7b9c1e05")

_PAIRS = 499


def stable_id(kind: str, *parts: str) -> UUID:
    """The identifier of a row (行标识), made of what the row is about."""
    return uuid5(_NAMESPACE, ":".join((kind, *parts)))


def joined_id(*ids: UUID) -> UUID:
    """The identifier of what joins two rows (关联行标识), such as a drug in a pharmacy; quick to make."""
    joined = 0
    for each in ids:
        joined ^= each.int
    return UUID(int=joined)


def member_id(psn_no: str) -> UUID:
    """The identifier of the member with this person number (人员编号)."""
    return stable_id("member", psn_no)


def hospital_code(adcode: str, serial: int) -> str:
    """A hospital's code (定点医疗机构编码)."""
    return f"H{adcode}{serial:05d}"


def pharmacy_code(adcode: str, serial: int) -> str:
    """A pharmacy's code (定点零售药店编码)."""
    return f"P{adcode}{serial:05d}"


def pharmacist_code(pharmacy: str, number: int) -> str:
    """The code of a pharmacy's pharmacist (医保药师编码); the form is that of hospital pharmacists."""
    return f"HY{pharmacy[1:]}{number}"


def id_number(area: str, born: date, number: int, *, is_male: bool) -> str:
    """A sample identity number (示例身份证号): an area that does not exist, and a valid check digit.

    `number` tells people apart, up to 49,401 of them; the last digit of the sequence is odd for men.
    """
    district, pair = divmod(number, _PAIRS)
    first = f"99{area[:2]}{district + 1:02d}{born:%Y%m%d}{pair * 2 + (1 if is_male else 2):03d}"
    return first + id_check_digit(first)


def trace_code(prefix: str, pharmacy_index: int, sequence: int) -> str:
    """A box's trace code (药品追溯码): 7 digits for the drug, 13 for the box."""
    return f"{prefix}{pharmacy_index:05d}{sequence:08d}"
