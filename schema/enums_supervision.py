"""The enumerations of prices, stock accounts and cases (价格、进销存与监管)."""

from policy import terms
from policy.price_watch import PriceAlertKind
from policy.supervision import ComplaintKind
from schema.exposing import expose

expose(
    terms.MovementKind,
    "进销存变动类型",
    PURCHASE="采购入库",
    PURCHASE_RETURN="采购退货",
    SALE="销售出库",
    SALE_RETURN="销售退货",
    ADJUSTMENT="库存调整",
    STOCK_TAKE="盘点",
    TRANSFER="调拨, 调出为负",
)
expose(terms.GoodsFate, "退货处理", RETURNED="退回库存, 可再售", WRITTEN_OFF="不再销售, 报损")
expose(
    terms.ReconcileResult,
    "对账结果",
    EQUAL="一致",
    ONLY_HERE="仅平台有",
    ONLY_THERE="仅机构有",
    DIFFERENT="金额不符",
)
expose(terms.ClaimState, "清算申报状态", SUBMITTED="已申报", REVIEWED="已审核", PAID="已支付")
expose(terms.TraceState, "追溯码状态", IN_STOCK="在库", SOLD="已售", RETURNED="已退回")
expose(
    terms.CaseKind,
    "监管线索类型",
    FALSE_STOCK="显示有货而实际无货",
    VALUE_MISMATCH="购销存金额不符",
    PRICE_ABOVE_CEILING="售价高于上限",
    DOUBLE_TRACE="追溯码重复销售",
    REPEATED_FALSE_STOCK="显示有货而实际无货, 查实次数达到退出情形",
    OTHER_COMPLAINT="服务等其他投诉",
    MANUAL_VERIFICATION_OFTEN="特殊登记过多",
    RECONCILIATION_DIFFERENCE="日对账不一致",
)
expose(terms.CaseState, "监管线索状态", OPEN="待核实", PROVEN="已查实", DISMISSED="不成立")
expose(
    ComplaintKind,
    "投诉类型",
    FALSE_STOCK="查询显示有货, 药店却没有",
    PRICE="售价过高",
    SERVICE="服务或其他事项",
)
expose(
    terms.DeclineReason,
    "拒单原因类别",
    NOT_IN_STOCK="药品实际不在店内; 将立为监管线索",
    CANNOT_PREPARE="有药但无法调配, 例如破损、召回、设备故障",
    OTHER="上述以外的原因",
)
expose(
    PriceAlertKind,
    "价格预警类型",
    ABOVE_CEILING="现价高于上限",
    MUST_FOLLOW="挂网价已调整或即将调整, 期限届满前须调价",
)
expose(
    terms.PriceKind,
    "价格类型",
    LISTED="挂网价",
    AWARDED="中选价",
    NEGOTIATED="谈判价",
    PAYMENT_STANDARD="医保支付标准",
)
