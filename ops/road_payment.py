"""Paying the own share online on the road (线上支付), at a provider whose notification is lost on the way."""

from collections.abc import Callable

from ops.client import Json
from ops.payment_stand_in import StandIn
from ops.road import Road
from ops.road_documents import mutation

CASH = {"credential": "ELECTRONIC", "useAccount": False}
"""Nothing from the account: the whole own share is paid online."""

START = mutation("startPayment", "Payment", "id number amount")
SEEN = "query Seen($id: UUID!) { payment(id: $id) { state payUrl steps { state text } } }"


async def settle_online(way: Road, fill_id: str, provider: StandIn, step: Callable[[str, str], None]) -> Json:
    """A settlement whose cash share is paid online; the provider tells nobody, so the worker asks it."""
    preview = await way.preview(fill_id, CASH)
    payment = await way.patient.do(START, fillId=fill_id, tender=CASH)
    await way.patient_events.until("PAYMENT_OPENED")
    seen = (await way.patient.execute(SEEN, {"id": payment["id"]}))["payment"]
    step("患者", f"线上支付 {payment['amount']} 元,打开 {seen['payUrl']}")
    provider.pay(payment["number"])
    step("渠道", "收款成功;付款通知在途中丢失,后台进程将主动查询")
    await way.patient_events.until("PAYMENT_PAID", seconds=60)
    seen = (await way.patient.execute(SEEN, {"id": payment["id"]}))["payment"]
    told = ";".join(one["text"] for one in seen["steps"])
    step("后台", f"查询到已付款:{told}")
    return await way.settle(fill_id, preview["digest"], tender=CASH, payment_id=payment["id"])
