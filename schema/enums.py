"""The enumerations of `policy`, shown with the words of the field; some notions have modules of their own."""

from models.job import JobState
from policy import terms
from policy.geography import CoordinateSystem
from schema import enums_people, enums_supervision  # noqa: F401  # they expose theirs when they are imported
from schema.enums_codes import CODE_WORDS as CODE_WORDS
from schema.exposing import expose
from services.nearby_search import PharmacyOrder

expose(
    terms.BenefitKind,
    "待遇类型",
    SPECIAL_DISEASE="门诊特殊病种(慢特病)",
    SPECIAL_DRUG="门诊特殊药品",
    OUTPATIENT="门诊统筹",
)
expose(terms.ListClass, "目录等级", A="甲类", B="乙类", C="丙类, 自费")
expose(
    terms.DrugKind,
    "药品类别",
    WESTERN="西药",
    CHINESE_PATENT="中成药",
    HERBAL_PIECES="中药饮片",
    HOSPITAL_PREPARATION="院内制剂",
)
expose(
    terms.DrugRestriction,
    "不纳入流转的药品类别",
    NARCOTIC="麻醉药品",
    PSYCHOTROPIC_1="第一类精神药品",
    PSYCHOTROPIC_2="第二类精神药品",
    ANABOLIC_OR_PEPTIDE="蛋白同化制剂、肽类激素",
    SPECIAL_ANTIMICROBIAL="特殊使用级抗菌药物",
    FROZEN_INJECTION="需冷冻保管的注射剂",
    FORBIDDEN_BY_LAW="法律法规规定不得在药店销售",
)
expose(
    terms.HospitalApproval,
    "医院审批标志",
    NOT_ASKED="无须审批",
    APPROVED="审批通过",
    REFUSED="审批不通过, 自费",
)
expose(
    terms.InstitutionKind,
    "定点医药机构类别",
    HOSPITAL="实体医疗机构",
    INTERNET_HOSPITAL="互联网医院",
    PHARMACY="零售药店",
)
expose(terms.VisitKind, "就诊方式", PHYSICAL="实体门诊", INTERNET="互联网诊疗")
expose(terms.LineState, "处方明细状态", OPEN="待配药", CLAIMED="配药中", DISPENSED="已配药", CLOSED="已关闭")
expose(
    terms.PrescriptionState,
    "处方状态",
    ACTIVE="有效",
    PARTLY_DISPENSED="部分配药",
    DISPENSED="全部配药",
    EXPIRED="已失效",
    REVOKED="已撤销",
)
expose(
    terms.FillState,
    "配药状态",
    REQUESTED="已申请",
    QUERIED="已质疑, 待医师答复或药师决定",
    APPROVED="审方通过",
    READY="备药完成",
    SETTLED="已结算",
    HANDED_OVER="已交付",
    DELIVERING="配送中",
    DELIVERED="已送达",
    DECLINED="药店拒单",
    REJECTED="审方不通过",
    CANCELLED="已取消",
    EXPIRED="已超时",
    REVERSED="已冲正",
)
expose(
    terms.EventKind,
    "事件类型",
    PRESCRIPTION_ISSUED="处方已流转",
    PRESCRIPTION_REVOKED="处方已撤销",
    PRESCRIPTION_EXPIRED="处方已失效",
    HOSPITAL_DISPENSED="已在院内取药",
    FILL_REQUESTED="有新的配药申请",
    FILL_QUERIED="药师质疑处方",
    QUERY_ANSWERED="医师已答复",
    FILL_APPROVED="审方通过",
    FILL_REJECTED="审方不通过",
    FILL_DECLINED="药店拒单",
    FILL_CANCELLED="配药已取消",
    FILL_EXPIRED="配药已超时",
    FILL_READY="备药完成, 可取药",
    IDENTITY_DECIDED="身份核验有结论",
    CARDS_READ="证件识读有结果",
    ENROLMENT_DECIDED="人脸建档有结论",
    FILL_SETTLED="已结算",
    FAMILY_ACCOUNT_CHARGED="家庭共济账户已支付",
    HANDED_OVER="已交付",
    DELIVERY_DISPATCHED="已发出配送",
    DELIVERY_CONFIRMED="已送达",
    FAMILY_INVITED="收到或发出亲情共济邀请",
    FAMILY_ACCEPTED="亲情共济邀请已被接受",
    FAMILY_DECLINED="亲情共济邀请已谢绝或撤回",
    FAMILY_REVOKED="亲情共济授权已撤销",
    SETTLEMENT_REVERSED="结算已部分冲正",
    FILL_REVERSED="结算已全部冲正",
    FAMILY_ACCOUNT_REFUNDED="家庭共济账户已退回",
    ACCOUNT_CREDITED="个人账户已划入",
    PAYMENT_OPENED="线上支付已下单, 可付款",
    PAYMENT_PAID="线上支付已付款",
    PAYMENT_CLOSED="线上支付已关闭",
    PAYMENT_REFUNDING="线上支付正在退款",
    PAYMENT_REFUNDED="线上支付已退款",
    RED_INVOICE_DUE="冲正后须开具红字发票",
    CLAIM_REVIEWED="清算申报已审核",
    CLAIM_PAID="清算款已支付",
    DEVICE_LINKED="有新设备绑定",
    CASE_OPENED="监管线索已立",
    CASE_ANSWERED="药店已陈述申辩",
    CASE_PROVEN="监管线索已查实",
    CASE_DISMISSED="监管线索已认定不成立",
    EXIT_ALERT="达到退出情形, 待经办机构核实",
    PRICE_FOLLOW_DUE="有药品的调价期限将届满",
)
expose(
    terms.PaymentState,
    "线上支付状态",
    CREATED="待付款",
    PAID="已付款",
    REFUNDING="退款中",
    REFUNDED="已全部退款",
    CLOSED="未付款, 已关闭",
)
expose(terms.RefundState, "线上退款状态", REFUNDING="退款中", REFUNDED="已退回")
expose(terms.InvoiceColour, "发票红蓝标志", BLUE="蓝字发票", RED="红字发票, 冲红")
expose(
    PharmacyOrder,
    "药店排序方式",
    DISTANCE="距离由近及远",
    TOTAL_PRICE="总价由低到高",
    PATIENT_PAYS="个人负担由低到高",
)
expose(CoordinateSystem, "坐标系", GCJ02="国测局坐标", WGS84="GPS 坐标", BD09="百度坐标")
expose(JobState, "后台任务状态", PENDING="待处理", DONE="已完成", FAILED="失败")
