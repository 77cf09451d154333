"""Who calls in the tests of access: a column each."""

from ops.client import Client
from ops.world import cast
from policy.terms import Role
from tests.house import House

COLUMNS = (
    ("nobody", None, ""),
    ("patient", Role.PATIENT, cast.FUJIAN_PATIENT),
    ("stranger", Role.PATIENT, cast.FUJIAN_RESIDENT),
    ("family", Role.PATIENT, cast.FUJIAN_PATIENT_FAMILY),
    ("watcher", Role.PATIENT, cast.FUJIAN_NO_DISEASE),
    ("pharmacy", Role.PHARMACY, cast.FUJIAN_PHARMACY),
    ("other pharmacy", Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER),
    ("pharmacist", Role.PHARMACIST, cast.FUJIAN_PHARMACIST),
    ("other pharmacist", Role.PHARMACIST, cast.FUJIAN_PHARMACIST_OTHER),
    ("hospital", Role.HOSPITAL, cast.FUJIAN_HOSPITAL),
    ("other hospital", Role.HOSPITAL, cast.FUJIAN_COUNTY_HOSPITAL),
    ("agency", Role.AGENCY, cast.FUJIAN_AREA),
    ("other agency", Role.AGENCY, cast.SHANXI_AREA),
    ("supervisor", Role.SUPERVISOR, "supervisor"),
    ("service", Role.SERVICE, "service"),
)
"""Callers. The family may see and buy for the patient; the watcher may see only."""


def callers(house: House) -> dict[str, Client]:
    """A client for each column; nobody has no token."""
    return {
        name: house.client(role, subject) if role else Client(house.url, "", house.http)
        for name, role, subject in COLUMNS
    }
