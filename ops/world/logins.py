"""Whom the cast signs in as (固定角色的登录): claims for the development issuer, `issuer.token(**login._asdict())`."""

from typing import NamedTuple

from ops.world import cast
from ops.world.areas import PROVINCES, pooling_areas
from ops.world.ids import member_id
from policy.terms import Role


class Login(NamedTuple):
    """What a token says of its holder (令牌内容)."""

    role: Role
    subject: str
    member: str | None = None
    institution: str | None = None
    area: str | None = None
    name: str | None = None
    practitioner: str | None = None


def logins() -> dict[str, Login]:
    """The cast's logins by name (登录名): `fujian-patient`, `shanxi-pharmacist`, `agency-350100` and so on."""
    return {
        "fujian-patient": _patient(cast.FUJIAN_PATIENT),
        "fujian-family": _patient(cast.FUJIAN_PATIENT_FAMILY),
        "fujian-hospital": _hospital(cast.FUJIAN_HOSPITAL),
        "fujian-pharmacy": _pharmacy(cast.FUJIAN_PHARMACY),
        "fujian-pharmacist": _pharmacist(cast.FUJIAN_PHARMACIST, cast.FUJIAN_PHARMACY),
        "fujian-pharmacy-other": _pharmacy(cast.FUJIAN_PHARMACY_OTHER),
        "fujian-pharmacist-other": _pharmacist(cast.FUJIAN_PHARMACIST_OTHER, cast.FUJIAN_PHARMACY_OTHER),
        "shanxi-patient": _patient(cast.SHANXI_PATIENT),
        "shanxi-family": _patient(cast.SHANXI_PATIENT_FAMILY),
        "shanxi-hospital": _hospital(cast.SHANXI_HOSPITAL),
        "shanxi-pharmacy": _pharmacy(cast.SHANXI_PHARMACY),
        "shanxi-pharmacist": _pharmacist(cast.SHANXI_PHARMACIST, cast.SHANXI_PHARMACY),
        "shanxi-pharmacy-other": _pharmacy(cast.SHANXI_PHARMACY_OTHER),
        "shanxi-pharmacist-other": _pharmacist(cast.SHANXI_PHARMACIST_OTHER, cast.SHANXI_PHARMACY_OTHER),
        "supervisor": Login(Role.SUPERVISOR, "示例监管人员"),
        **{f"agency-{area}": agency(area) for of in PROVINCES for area in pooling_areas(of)},
    }


def agency(area: str) -> Login:
    """The agency of a pooling area (医保经办机构)."""
    name = next(names[area] for names in map(pooling_areas, PROVINCES) if area in names)
    return Login(Role.AGENCY, f"agency-{area}", area=area, name=f"示例医保经办机构（{name}）")


def _patient(psn_no: str) -> Login:
    return Login(Role.PATIENT, psn_no, member=str(member_id(psn_no)))


def _hospital(code: str) -> Login:
    return Login(Role.HOSPITAL, code, institution=code)


def _pharmacy(code: str) -> Login:
    return Login(Role.PHARMACY, code, institution=code)


def _pharmacist(code: str, pharmacy: str) -> Login:
    return Login(Role.PHARMACIST, code, institution=pharmacy, practitioner=code)
