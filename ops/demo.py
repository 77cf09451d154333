"""`yaolu demo`: the main road on real engines, each step as it happens."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from ops import road_documents as documents
from ops.client import Json, Refused
from ops.databases import connection_options
from ops.home import prepare_home
from ops.payment_stand_in import StandIn, settings_for, stand_in_beside
from ops.portraits import fetch
from ops.processes import ProcessEnded
from ops.road import FUJIAN, SHANXI, Region, Road, road
from ops.road_payment import settle_online
from ops.serving import DemoHouse, demo_house

console = Console()


def play() -> int:
    """Start everything, walk the road twice, stop everything; 0 when all went well."""
    started = time.monotonic()
    home = prepare_home()
    console.print("启动内置 PostgreSQL 与 Valkey,迁移,写入示例世界,启动 API 与后台进程 …")
    try:
        with (
            stand_in_beside() as provider,
            demo_house("127.0.0.1", free_port(), home, fresh=True, more=settings_for(provider)) as house,
        ):
            console.print(f"就绪,用时 {time.monotonic() - started:.1f} 秒。GraphQL {house.url}/graphql")
            pictures = fetch(home / "portraits")
            for region in (FUJIAN, SHANXI):
                asyncio.run(walk(house, region, pictures, provider if region is SHANXI else None))
    except ProcessEnded as error:
        console.print(str(error), style="red", markup=False)
        return 1
    console.print(f"全部完成并已停止,共用时 {time.monotonic() - started:.1f} 秒。", style="bold green")
    return 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def walk(house: DemoHouse, region: Region, pictures: dict[str, Path], provider: StandIn | None) -> None:
    """The main road in one province; where there is a provider, the own share is paid online."""
    console.rule(f"[bold]{region.name}")
    async with road(house.url, region, house.clock) as way:
        prescription = await way.upload()
        names = "、".join(line["drug"]["genericName"] for line in prescription["lines"])
        step("医院", f"上传处方 {prescription['rxNo']}:{names};{prescription['expiresAt']} 失效")
        await way.patient_events.until("PRESCRIPTION_ISSUED")
        step("患者", "收到事件:处方已流转")
        console.print(nearby_table(await way.nearby(prescription["id"])))
        fill = await way.request(prescription["id"])
        await way.pharmacy_events.until("FILL_REQUESTED")
        step("药店", f"收到事件:新的配药申请;库存已预留至 {fill['expiresAt']}")
        await review(way, fill)
        await way.make_ready(fill["id"])
        await way.patient_events.until("FILL_READY")
        step("患者", "收到事件:备药完成,可取药")
        await way.sign(fill)
        step("患者", "在费用清单上签字")
        await identify(way, fill, pictures[region.live_portrait].read_bytes())
        await settle(way, fill, house.urls.database_url, provider)
        handed = await way.pharmacy.do(documents.HAND_OVER, fillId=fill["id"])
        step("药店", f"交付药品,状态 {handed['state']}")
        await show_fate(way, prescription["id"])


async def review(way: Road, fill: Json) -> None:
    """The pharmacist asks the prescriber where the script says so, then approves."""
    if way.region.asks_prescriber:
        question = "三种降压药联用 12 周,是否监测血钾与肾功能?"
        await way.pharmacist.do(documents.QUERY_PRESCRIBER, fillId=fill["id"], question=question)
        asked = (await way.hospital_events.until("FILL_QUERIED"))["query"]
        step("医院", f"收到药师质疑:{asked['question']}")
        answer = "已安排每四周复查,坚持原方。"
        await way.hospital.do(documents.ANSWER_QUERY, queryId=asked["id"], answer=answer, upholds=True)
        await way.pharmacy_events.until("QUERY_ANSWERED")
        step("药师", f"收到医师答复:{answer}")
    approved = await way.approve(fill["id"])
    await way.patient_events.until("FILL_APPROVED")
    step("药师", f"审方通过,用药指导:{approved['advice']}")


async def identify(way: Road, fill: Json, live: bytes) -> None:
    """The face of the person present; another face blocks settlement until a person has checked."""
    check = await way.check_face(fill["id"], live)
    distance = check["distance"] or "—"
    step("人脸", f"{check['engine']},阈值 {check['bandsVersion']}:{check['verdict']},距离 {distance}")
    if check["verdict"] == "MATCH":
        return
    try:
        await way.settle(fill["id"], (await way.preview(fill["id"]))["digest"])
    except Refused as refused:
        step("结算", f"被拒绝:{refused}")
    else:
        raise AssertionError("A settlement went through although the face did not match.")
    await way.verify_manually(fill["id"])
    step("药店", "特殊登记:两种证件人工核验")


async def settle(way: Road, fill: Json, database: str, provider: StandIn | None) -> None:
    """Preview, settle, and show statement and journal."""
    if provider is None:
        preview = await way.preview(fill["id"])
        settlement = await way.settle(fill["id"], preview["digest"])
    else:
        settlement = await settle_online(way, fill["id"], provider, step)
    await way.patient_events.until("FILL_SETTLED")
    console.print(statement_table(settlement))
    console.print(await journal_table(settlement["number"], database))


async def show_fate(way: Road, prescription_id: str) -> None:
    """What the hospital sees of its prescription."""
    found = (await way.hospital.execute(documents.FATE, {"id": prescription_id}))["prescription"]
    lines = "、".join(f"{line['drug']['genericName']} {line['state']}" for line in found["lines"])
    step("医院", f"处方去向:{found['state']}({lines})")


def step(who: str, what: str) -> None:
    """Print one step."""
    console.print(f"[cyan]{who}[/] {escape(what)}")


def nearby_table(pharmacies: list[Json]) -> Table:
    """The pharmacies a patient is shown."""
    table = Table("药店", "距离 m", "营业", "药师在岗", "配齐", "总价", "基金", "个人", title="附近药店")
    for one in pharmacies:
        estimate: dict[str, Any] = one["estimate"] or {}
        marks = ("是" if one[key] else "否" for key in ("isOpen", "pharmacistOnDuty", "fillsAll"))
        amounts = (one["total"], estimate.get("fundTotal"), estimate.get("personalTotal"))
        name = one["pharmacy"]["name"]
        table.add_row(name, str(one["distance"]), *marks, *(amount or "—" for amount in amounts))
    return table


def statement_table(settlement: Json) -> Panel:
    """The benefit statement with its explanation."""
    table = Table("步骤", "说明", "金额", "规则", box=None)
    for one in settlement["statement"]["explanation"]:
        rule = one["rule"] if one["verified"] else f"{one['rule']}(示例参数)"
        table.add_row(str(one["number"]), one["text"], one["amount"], rule)
    said = settlement["statement"]
    paid = f"基金 {said['fundTotal']}  个人账户 {said['account']}  现金 {said['cash']}"
    title = f"医保待遇清单 {settlement['number']}  总额 {said['total']}"
    return Panel(table, title=title, subtitle=paid)


JOURNAL = """
SELECT a.kind, a.owner, p.debit, p.credit FROM posting p
JOIN journal_entry e ON e.id = p.entry_id JOIN account a ON a.id = p.account_id
WHERE e.reference = $1 ORDER BY p.credit > 0, a.kind
"""


async def journal_table(number: str, database: str) -> Table:
    """The journal entry of a settlement, read from the database."""
    connection = await asyncpg.connect(**connection_options(database))
    try:
        rows = await connection.fetch(JOURNAL, number)
    finally:
        await connection.close()
    debit, credit = (sum(row[side] for row in rows) for side in ("debit", "credit"))
    if debit != credit:
        raise AssertionError(f"The entry of {number} is not balanced: {debit} and {credit}.")
    table = Table("科目", "所有者", "借方", "贷方", title="记账凭证")
    for row in rows:
        table.add_row(row["kind"], row["owner"], str(row["debit"] or ""), str(row["credit"] or ""))
    table.add_row("合计", "", str(debit), str(credit), style="bold")
    return table
