"""The hospitals and doctors of the sample world (示例医疗机构与医师): all of them are in the cast."""

from datetime import date
from typing import NamedTuple

from ops.world import cast
from ops.world.areas import county
from ops.world.catalogue import diseases
from ops.world.days import every_day
from ops.world.places import agreement, institution, moved, opening_hours
from ops.world.rows import AgreementRow, DoctorRow, InstitutionRow, OpeningHoursRow
from policy.terms import AgreementState, InstitutionKind

REGISTERED_SINCE = date(2019, 9, 1)
REGISTRATION_ENDED = date(2026, 2, 28)

_MENTAL = ("M02101", "M02102")
_HEART = ("M03900", "M04301", "M04600", "M04803")
_METABOLISM = ("M01600", "M01701", "M01702", "M02001", "M07800")
_PHYSICAL, _INTERNET = InstitutionKind.HOSPITAL, InstitutionKind.INTERNET_HOSPITAL


class _Hospital(NamedTuple):
    code: str
    kind: InstitutionKind
    name: str
    tier: int
    is_public: bool
    is_contracted: bool
    parent: str | None


class _Doctor(NamedTuple):
    code: str
    hospital: str
    scope: tuple[str, ...]
    until: date | None


_HOSPITALS = (
    _Hospital(cast.FUJIAN_HOSPITAL, _PHYSICAL, "示例省级医院（福州）", 3, True, True, None),
    _Hospital(
        cast.FUJIAN_INTERNET_HOSPITAL,
        _INTERNET,
        "示例省级医院（福州）互联网医院",
        3,
        True,
        True,
        cast.FUJIAN_HOSPITAL,
    ),
    _Hospital(cast.FUJIAN_COUNTY_HOSPITAL, _PHYSICAL, "示例县医院（沙县）", 2, True, True, None),
    _Hospital(cast.FUJIAN_PRIVATE_HOSPITAL, _PHYSICAL, "示例民营门诊部（福州）", 1, False, False, None),
    _Hospital(cast.SHANXI_HOSPITAL, _PHYSICAL, "示例省级医院（太原）", 3, True, True, None),
    _Hospital(
        cast.SHANXI_INTERNET_HOSPITAL,
        _INTERNET,
        "示例省级医院（太原）互联网医院",
        3,
        True,
        True,
        cast.SHANXI_HOSPITAL,
    ),
    _Hospital(cast.SHANXI_COUNTY_HOSPITAL, _PHYSICAL, "示例市医院（大同）", 2, True, True, None),
    _Hospital(cast.SHANXI_PRIVATE_HOSPITAL, _PHYSICAL, "示例民营门诊部（太原）", 1, False, False, None),
    _Hospital(
        cast.SHANXI_ORPHAN_HOSPITAL,
        _INTERNET,
        "示例民营互联网医院（太原）",
        1,
        False,
        True,
        cast.SHANXI_PRIVATE_HOSPITAL,
    ),
)


def institutions() -> list[InstitutionRow]:
    """Every hospital (医疗机构); parents come before their branches."""
    return [_institution(hospital, index) for index, hospital in enumerate(_HOSPITALS)]


def agreements() -> list[AgreementRow]:
    """The contracts of those that have one (协议)."""
    return [agreement(found.code, AgreementState.ACTIVE) for found in _HOSPITALS if found.is_contracted]


def hours() -> list[OpeningHoursRow]:
    """Hospitals see patients on every day from 8 to 18 (门诊时间), on the internet day and night."""
    found: list[OpeningHoursRow] = []
    for hospital in _HOSPITALS:
        spans = every_day(8, 18) if hospital.kind is _PHYSICAL else every_day(0, 24)
        found.extend(opening_hours(hospital.code, spans))
    return found


def doctors() -> list[DoctorRow]:
    """Every doctor (医师)."""
    return [
        DoctorRow(
            code=doctor.code,
            institution_id=doctor.hospital,
            name=f"示例医师{number:02d}",
            phone=f"0000-{doctor.code[1:7]}{number:02d}",
            scope=doctor.scope,
            since=REGISTERED_SINCE,
            until=doctor.until,
        )
        for number, doctor in enumerate(_doctors(), 1)
    ]


def _doctors() -> tuple[_Doctor, ...]:
    every = tuple(code for code in diseases() if code not in _MENTAL)
    heart = _HEART + _METABOLISM
    return (
        _Doctor(cast.FUJIAN_DOCTOR, cast.FUJIAN_HOSPITAL, every, None),
        _Doctor(cast.FUJIAN_DOCTOR_NARROW, cast.FUJIAN_HOSPITAL, _MENTAL, None),
        _Doctor(cast.FUJIAN_DOCTOR_LAPSED, cast.FUJIAN_HOSPITAL, heart, REGISTRATION_ENDED),
        _Doctor(cast.FUJIAN_INTERNET_DOCTOR, cast.FUJIAN_INTERNET_HOSPITAL, heart, None),
        _Doctor(cast.FUJIAN_COUNTY_DOCTOR, cast.FUJIAN_COUNTY_HOSPITAL, heart, None),
        _Doctor(cast.FUJIAN_PRIVATE_DOCTOR, cast.FUJIAN_PRIVATE_HOSPITAL, ("*",), None),
        _Doctor(cast.SHANXI_DOCTOR, cast.SHANXI_HOSPITAL, ("*",), None),
        _Doctor(cast.SHANXI_DOCTOR_LAPSED, cast.SHANXI_HOSPITAL, heart, REGISTRATION_ENDED),
        _Doctor(cast.SHANXI_INTERNET_DOCTOR, cast.SHANXI_INTERNET_HOSPITAL, heart, None),
        _Doctor(cast.SHANXI_COUNTY_DOCTOR, cast.SHANXI_COUNTY_HOSPITAL, heart, None),
        _Doctor(cast.SHANXI_PRIVATE_DOCTOR, cast.SHANXI_PRIVATE_HOSPITAL, ("*",), None),
        _Doctor(cast.SHANXI_ORPHAN_DOCTOR, cast.SHANXI_ORPHAN_HOSPITAL, ("*",), None),
    )


def _institution(hospital: _Hospital, index: int) -> InstitutionRow:
    home = county(hospital.code[1:7])
    return institution(
        hospital.code,
        hospital.kind,
        hospital.name,
        home,
        moved(home.centre, 350.0 * (index % 3 - 1), 420.0 * (index % 2) + 150.0),
        street=f"示例大道{index + 1}号",
        tier=hospital.tier,
        is_public=hospital.is_public,
        circulates=hospital.is_contracted,
        parent_id=hospital.parent,
    )
