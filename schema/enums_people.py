"""The enumerations about people (参保人与家庭): insurance, roles, identity, family."""

from policy import terms
from schema.exposing import expose

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
    COMPLAINT="投诉内容",
)
expose(
    terms.Credential,
    "就诊凭证类型",
    ELECTRONIC="医保电子凭证",
    ID_CARD="居民身份证",
    SOCIAL_CARD="社会保障卡",
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
    UNCONFIRMED="待当面核实: 手机提交的照片, 首次在柜台核验本人后启用",
    ACTIVE="已建档",
    REFUSED="照片不合格, 未建档",
    WITHDRAWN="已撤回",
)
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
