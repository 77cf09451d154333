"""A change made through one API process reaches the subscribers of another."""

import asyncio
from decimal import Decimal
from pathlib import Path

import httpx

from ops.client import Client
from ops.embedded import EngineUrls
from ops.processes import Child, running, wait_until_ready
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import Role
from tests.house import House
from tests.services.stage import document, walkers
from tests.storm.killed import environment_of, free_address

LIVE = """subscription L($codes: [String!]!, $near: LocationInput!) {
  stockChanged(drugCodes: $codes, near: $near, radius: 5000, snapshot: true) {
    pharmacyCode drugs { drugCode price }
  }
}"""
HOME = {"longitude": FUJIAN.home.longitude, "latitude": FUJIAN.home.latitude}


async def test_a_subscriber_of_another_process_is_told(
    own_house: House, engines: EngineUrls, tmp_path: Path
) -> None:
    environment = environment_of(own_house.database_url, engines, tmp_path, own_house.clock)
    address = free_address()
    arguments = ["api", "--port", str(httpx.URL(address).port)]
    with running([Child(arguments, environment, tmp_path / "api.log")]) as children:
        await asyncio.to_thread(wait_until_ready, address, children)
        patient = Client(address, own_house.token(Role.PATIENT, FUJIAN.patient), own_house.http)
        async with patient.listen(LIVE, {"codes": [cast.AMLODIPINE], "near": HOME}) as listener:
            async with asyncio.timeout(30):
                while (await listener.queue.get())["pharmacyCode"] != FUJIAN.pharmacy:
                    pass
                price = {"drugCode": cast.AMLODIPINE, "price": "5.43"}
                await walkers(own_house).pharmacy.do(document("setPrices"), prices=[price])
                told = await listener.queue.get()
                while told["pharmacyCode"] != FUJIAN.pharmacy:
                    told = await listener.queue.get()

    assert [Decimal(drug["price"]) for drug in told["drugs"]] == [Decimal("5.43")]
