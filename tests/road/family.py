"""Who buys for whom in the cast, and how far that comes without words about identity."""

import pytest

from ops.client import Json
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from tests.road import words
from tests.road.walk import Walk

FAMILY = {FUJIAN.name: cast.FUJIAN_PATIENT_FAMILY, SHANXI.name: cast.SHANXI_PATIENT_FAMILY}
BOTH = pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])


async def claimed_by_family(walk: Walk, pharmacy: str | None = None) -> Json:
    """A fill for which the family showed the code at the counter, approved and prepared."""
    prescription = await walk.upload()
    code = await walk.show_code(prescription, walk.person(FAMILY[walk.region.name]))
    fill = await walk.counter(pharmacy).do(words.CLAIM, code=code)
    await walk.approve(fill, pharmacy)
    await walk.mark_ready(fill, pharmacy)
    return fill


async def obstacles(walk: Walk, fill: Json, pharmacy: str | None = None) -> list[str]:
    """What still forbids the settlement."""
    preview = await walk.preview(fill, pharmacy)
    return [one["code"] for one in preview["obstacles"]]
