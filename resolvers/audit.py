"""Who saw my data?"""

import strawberry

import models
from schema.audit import DataAccess
from schema.context import Info, call_of
from schema.paging import FIRST_DEFAULT, After, Connection, Edge, First, newest_first
from services import who_saw


@strawberry.type
class AuditQuery:
    @strawberry.field(
        description="谁看过或办理过本人的业务, 新的在前: 机构与授权家人的每一次查看都在内, 本人的不在内; "
        "只有本人能查"
    )
    async def who_saw_my_data(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[DataAccess]:
        call = call_of(info)
        about = who_saw.entries_about(call.actor)
        page = await newest_first(models.AuditEntry, about, "at", first, after, lambda row: row)
        sights = await who_saw.sights_of([edge.node for edge in page.edges])
        shown = [
            Edge(cursor=edge.cursor, node=DataAccess.of(one))
            for edge, one in zip(page.edges, sights, strict=True)
        ]
        return Connection(edges=shown, page_info=page.page_info)
