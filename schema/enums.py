"""The enumerations of `policy`, shown with the words of the field."""

from enum import Enum

import strawberry

from models.job import JobState
from policy import terms
from policy.geography import CoordinateSystem
from policy.price_watch import PriceAlertKind
from policy.supervision import ComplaintKind
from policy.violation import Code
from services.nearby_search import PharmacyOrder


def expose(enum: type[Enum], description: str, **words: str) -> None:
    """Make an enumeration part of the schema; a member without its Chinese word is our fault."""
    strawberry.enum(enum, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry
    for value in definition.values:
        value.description = words[value.name]


expose(terms.InsuranceType, "险种", EMPLOYEE="职工基本医疗保险", RESIDENT="城乡居民基本医疗保险")
expose(terms.PersonStatus, "人员类别", WORKING="在职", RETIRED="退休", RESIDENT="居民")
expose(terms.InsuredState, "参保状态", NORMAL="正常", ARREARS="欠费", WAITING="待遇等待期", SUSPENDED="暂停")
expose(
    terms.Residence,
    "异地就医备案",
    LOCAL="本地",
    IN_PROVINCE="省内异地长期居住",
    OUT_OF_PROVINCE="省外异地长期居住",
    TEMPORARY="临时外出",
)
expose(
    terms.Role,
    "角色",
    PATIENT="参保人",
    PHARMACIST="药师",
    PHARMACY="药店",
    HOSPITAL="医院",
    AGENCY="医保经办机构",
    SUPERVISOR="监管部门",
    SERVICE="系统",
)
expose(
    terms.PersonalData,
    "个人信息类别",
    PERSON="姓名与证件号码",
    PRESCRIPTION="处方与诊断",
    FILL="配药",
    IDENTITY="身份核验",
    SETTLEMENT="结算",
    BALANCE="待遇与余额",
)
expose(
    terms.Credential,
    "就诊凭证类型",
    ELECTRONIC="医保电子凭证",
    ID_CARD="居民身份证",
    SOCIAL_CARD="社会保障卡",
)
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
    terms.PriceKind,
    "价格类型",
    LISTED="挂网价",
    AWARDED="中选价",
    NEGOTIATED="谈判价",
    PAYMENT_STANDARD="医保支付标准",
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
    terms.IdentityMethod, "身份核验方式", FACE="人脸识别", MANUAL="特殊登记, 人工核验", FAMILY_CODE="亲情展码"
)
expose(
    terms.Verdict,
    "核验结论",
    MATCH="一致",
    UNCERTAIN="不确定, 须人工核验",
    NO_MATCH="不一致",
    UNUSABLE="影像不可用",
)
expose(
    terms.CardReading,
    "证件识读结果",
    READ_MATCH="识读一致",
    UNREAD="未能识读或姓名未识读一致, 重新扫描或由人核对",
    DIFFERS="号码不一致, 重新扫描或由人核对",
)
expose(
    terms.EnrolmentState,
    "人脸建档状态",
    PENDING="待质量检查",
    ACTIVE="已建档",
    REFUSED="照片不合格, 未建档",
    WITHDRAWN="已撤回",
)
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
)
expose(terms.CaseState, "监管线索状态", OPEN="待核实", PROVEN="已查实", DISMISSED="不成立")
expose(
    terms.GrantScope,
    "亲情共济授权范围",
    SEE="查看处方与配药",
    BUY="代为购药, 含查看",
    PAY="用授权人的个人账户支付",
)
expose(
    terms.FamilyRelation,
    "被授权人与授权人的关系",
    SPOUSE="配偶",
    PARENT="父母",
    CHILD="子女",
    OTHER="其他近亲属",
)
expose(
    terms.InvitationState,
    "亲情共济邀请状态",
    OPEN="待被邀请人接受",
    AWAITING_OWNER="被邀请人已凭码接受, 待授权人确认",
    ACCEPTED="双方已接受, 授权已生效",
    DECLINED="已谢绝或撤回",
)
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
    SETTLEMENT_REVERSED="结算已部分冲正",
    FILL_REVERSED="结算已全部冲正",
    FAMILY_ACCOUNT_REFUNDED="家庭共济账户已退回",
    ACCOUNT_CREDITED="个人账户已划入",
    CLAIM_REVIEWED="清算申报已审核",
    CLAIM_PAID="清算款已支付",
    HANDED_OVER="已交付",
    DELIVERY_DISPATCHED="已发出配送",
    DELIVERY_CONFIRMED="已送达",
    FAMILY_INVITED="收到或发出亲情共济邀请",
    FAMILY_ACCEPTED="亲情共济邀请已被接受",
    FAMILY_DECLINED="亲情共济邀请已谢绝或撤回",
    FAMILY_REVOKED="亲情共济授权已撤销",
    DEVICE_LINKED="有新设备绑定",
    CASE_OPENED="监管线索已立",
    CASE_ANSWERED="药店已陈述申辩",
    CASE_PROVEN="监管线索已查实",
    CASE_DISMISSED="监管线索已认定不成立",
    EXIT_ALERT="达到退出情形, 待经办机构核实",
    PRICE_FOLLOW_DUE="有药品的调价期限将届满",
)
expose(
    PharmacyOrder,
    "药店排序方式",
    DISTANCE="距离由近及远",
    TOTAL_PRICE="总价由低到高",
    PATIENT_PAYS="个人负担由低到高",
)
expose(CoordinateSystem, "坐标系", GCJ02="国测局坐标", WGS84="GPS 坐标", BD09="百度坐标")
expose(JobState, "后台任务状态", PENDING="待处理", DONE="已完成", FAILED="失败")

CODE_WORDS = {
    Code.REGULATION_NOT_IN_FORCE: "该日没有生效的规定",
    Code.INSTITUTION_NOT_CONTRACTED: "机构未签订门诊统筹协议",
    Code.DOCTOR_NOT_REGISTERED: "医师未在本机构注册",
    Code.DOCTOR_OUT_OF_SCOPE: "超出医师执业范围",
    Code.PHARMACIST_NOT_ON_DUTY: "没有执业药师在岗",
    Code.PHARMACIST_NOT_VALID: "药师不在医保药师库有效期内",
    Code.PHARMACY_CLOSED: "药店不在营业时间",
    Code.MEMBER_NOT_ENTITLED: "参保人不享受该待遇",
    Code.MEMBER_IN_ARREARS: "参保人欠费",
    Code.MEMBER_IN_WAITING_PERIOD: "参保人在待遇等待期",
    Code.TEMPORARY_TRAVELLER: "临时外出就医",
    Code.CREDENTIAL_MISSING: "未出示医保电子凭证或社会保障卡",
    Code.CONSENT_MISSING: "未经患者同意流转",
    Code.DISEASE_NOT_CONFIRMED: "特殊病种未备案",
    Code.DRUG_NOT_FOR_DISEASE: "药品不在该病种用药范围",
    Code.DRUG_NOT_IN_CATALOGUE: "药品不在医保目录",
    Code.DRUG_NOT_LISTED: "药品未挂网",
    Code.DRUG_EXCLUDED: "药品不纳入流转范围",
    Code.ITEM_NOT_A_DRUG: "不是药品",
    Code.IN_HOUSE_STOCK: "本院药房可供该药",
    Code.SUPPLY_TOO_LONG: "用药天数超过上限",
    Code.SUPPLY_REASON_MISSING: "缺少长期用药理由",
    Code.SUPPLY_DAYS_INCONSISTENT: "用药天数与用量不符",
    Code.PRESCRIPTION_EXPIRED: "处方已失效",
    Code.PRESCRIPTION_REVOKED: "处方已撤销",
    Code.PRESCRIPTION_DISPENSED: "处方已配药结算",
    Code.RX_NUMBER_TAKEN: "院内处方号重复",
    Code.BENEFIT_NOT_CIRCULATED: "该待遇类型不纳入流转",
    Code.DRUG_NOT_FOR_TIER: "医疗机构等级低于药品限定",
    Code.DRUGS_LEFT: "此前所配药品尚未用完(提醒)",
    Code.DUPLICATE_INGREDIENT: "与已开药品有效成分相同(提醒)",
    Code.FULL_SELF_PAY: "药品须全额自费(提醒)",
    Code.OVER_USE: "用量或累计天数过大(提醒)",
    Code.SEX_LIMIT: "药品限性别使用(提醒)",
    Code.AGE_LIMIT: "药品限年龄使用(提醒)",
    Code.PREFERRED_DRUG_EXISTS: "有应优先使用的同类药品(提醒)",
    Code.UPLOADED_LATE: "处方上传不及时(提醒)",
    Code.LINE_HELD_BY_YOU: "明细已由您申请",
    Code.LINE_HELD_BY_OTHER: "明细已由其他药店受理",
    Code.LINE_NOT_OPEN: "明细不可配药",
    Code.SAME_DRUG_ELSEWHERE: "同一药品已在其他机构购买",
    Code.SPLIT_REASON_MISSING: "缺少分开配药的原因",
    Code.EQUIVALENT_NOT_ALLOWED: "处方指定了产品, 不能代替",
    Code.NOT_EQUIVALENT: "不是可代替的同通用名药品",
    Code.STOCK_SHORT: "库存不足",
    Code.STATE_FORBIDS: "当前状态不允许该操作",
    Code.NOT_REVIEWED: "未经药师审核签字",
    Code.PRICE_ABOVE_CEILING: "售价高于限价",
    Code.IDENTITY_REQUIRED: "须先核验身份",
    Code.IDENTITY_UNCERTAIN: "身份不确定, 须人工核验",
    Code.IDENTITY_NO_MATCH: "人证不一致",
    Code.CARD_UNREAD: "身份证未能识读",
    Code.CARD_DIFFERS: "身份证号码与登记不一致",
    Code.FEE_LIST_NOT_SIGNED: "费用清单未签字",
    Code.TRACE_CODE_MISSING: "追溯码未扫全",
    Code.TRACE_CODE_SOLD: "追溯码已售出过",
    Code.TRACE_CODE_WRONG_DRUG: "追溯码不属于该药品",
    Code.GOODS_NOT_RECORDED: "结算物品未留存",
    Code.DELIVERY_NOT_OFFERED: "药店不提供配送",
    Code.PROXY_DOCUMENTS_MISSING: "代购时未出示双方证件",
    Code.FAMILY_GRANT_MISSING: "没有亲情共济授权",
    Code.PICKUP_CODE_WRONG: "取药码无效",
    Code.PICKUP_CODE_STALE: "取药码已过期或已使用",
    Code.PICKUP_CODE_LOCKED: "取药码错误次数过多",
    Code.FAMILY_INVITATION_WRONG: "亲情共济邀请码无效",
    Code.FAMILY_INVITATION_STALE: "亲情共济邀请已失效",
    Code.FAMILY_INVITATIONS_TOO_MANY: "待处理的亲情共济邀请过多",
    Code.FAMILY_IDENTITY_WRONG: "本人证件号码不符",
    Code.FAMILY_TRIES_LOCKED: "亲情共济错误次数过多",
    Code.FAMILY_CODE_WRONG: "亲情展码无效",
    Code.FAMILY_CODE_EXPIRED: "亲情展码已过期",
    Code.FAMILY_CODE_USED: "亲情展码已使用",
    Code.FAMILY_CODE_OTHER: "亲情展码不属于这笔配药",
    Code.FAMILY_CODE_NOT_ACCEPTED: "不能凭亲情展码代购",
    Code.FAMILY_LIMIT_REACHED: "家庭共济代付额度已用完",
    Code.SIGN_IN_CODE_WRONG: "登录凭证无效",
    Code.SIGN_IN_LOCKED: "登录错误次数过多",
    Code.SESSION_ENDED: "登录已失效",
    Code.LINK_REFUSED: "绑定信息不符",
    Code.COMPLAINT_REPEATED: "同一事实已有投诉或已认定",
    Code.COMPLAINTS_TOO_MANY: "当日投诉次数已满",
    Code.PRESCRIPTION_MISSING: "没有有效处方, 基金不予支付",
    Code.NOT_SETTLED_AT_ONCE: "未即时结算, 基金不予支付",
    Code.STATEMENT_CHANGED: "费用已变化",
    Code.REVERSAL_TERM_OVER: "已过药店冲正期限",
    Code.LINE_REVERSED: "明细已冲正",
    Code.GOODS_NOT_RETURNABLE: "已交付的药品不得退回再售",
    Code.WHOLE_REVERSAL_ONLY: "该结算只能整单冲正",
    Code.CLAIM_NOT_POSSIBLE: "清算申报不能办理",
    Code.UNKNOWN_DRUG: "药品编码不存在",
    Code.UNKNOWN_MEMBER: "参保人不存在",
    Code.UNKNOWN_DOCTOR: "医师编码不存在",
    Code.INVALID_VALUE: "输入有误",
    Code.IMAGE_NOT_ACCEPTED: "影像不可接受",
}
strawberry.enum(Code, name="RefusalCode", description="拒绝代码")
for definition in Code.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry
    definition.description = CODE_WORDS[Code(definition.value)]
