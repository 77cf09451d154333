"""Who saw or changed a patient's data (谁看过我的信息): institutions and family, never anybody's staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from models import AuditEntry, FamilyGrant, Institution
from policy.terms import FamilyRelation, PersonalData, Role
from services.actor import Actor
from services.errors import Forbidden
from services.reading import READ

WORDS: Mapping[str, str] = {
    READ: "查看",
    "uploadPrescription": "上传处方",
    "revokePrescription": "撤销处方",
    "recordHospitalDispense": "登记院内取药",
    "importAccumulators": "导入外部累计",
    "requestFill": "申请配药",
    "claimPrescription": "凭取药码调取处方",
    "showPickupCode": "出示取药码",
    "approveFill": "审方通过",
    "rejectFill": "审方不通过",
    "queryPrescriber": "审方质疑",
    "answerQuery": "答复质疑",
    "markReady": "备药完成",
    "declineFill": "拒单",
    "cancelFill": "取消配药",
    "submitIdentityCheck": "提交人脸核验",
    "verifyManually": "特殊登记",
    "decideIdentityCheck": "人脸核验结论",
    "signFeeList": "费用清单签字",
    "settleFill": "结算",
    "reverseSettlement": "冲正",
    "startPayment": "发起线上支付",
    "cancelPayment": "取消线上支付",
    "recordPaymentOrdered": "线上支付下单",
    "recordPaymentPaid": "线上支付到账",
    "recordPaymentClosed": "线上支付关闭",
    "returnUnusedPayment": "退回未使用的线上支付",
    "recordPaymentRefunded": "线上支付退款",
    "recordInvoice": "登记电子发票",
    "handOver": "交付药品",
    "dispatchDelivery": "发起配送",
    "confirmDelivery": "确认送达",
    "expireFill": "配药超时",
    "expirePrescription": "处方失效",
    "inviteFamily": "邀请亲情共济",
    "acceptFamily": "接受亲情共济",
    "declineFamily": "谢绝或撤回亲情共济邀请",
    "revokeFamily": "撤销亲情共济",
    "showFamilyCode": "出示亲情展码",
    "submitFamilyCode": "核验亲情展码",
    "enrolFace": "人脸建档",
    "decideEnrolment": "人脸建档结论",
    "confirmEnrolment": "当面核实人脸建档",
    "storeFaceTemplate": "留存人脸特征",
    "withdrawFace": "撤回人脸建档",
    "issueLinkCode": "发放绑定码",
    "linkMember": "绑定小程序",
    "signInWithWechat": "小程序登录",
    "refreshSession": "延续登录",
    "signOut": "退出登录",
    "signOutDevice": "退出其他设备",
    "fileComplaint": "投诉",
    "answerCase": "药店陈述申辩",
    "decideCase": "认定监管线索",
}
OTHER = "办理业务"
"""For a verb that has no word here yet."""

RELATIONS: Mapping[FamilyRelation, str] = {
    FamilyRelation.SPOUSE: "配偶",
    FamilyRelation.PARENT: "父母",
    FamilyRelation.CHILD: "子女",
    FamilyRelation.OTHER: "其他近亲属",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One time that somebody saw or changed a patient's data (一次查看或办理)."""

    id: UUID
    at: datetime
    role: Role
    institution: str
    relation: str
    action: str
    things: Sequence[PersonalData]


def entries_about(actor: Actor) -> Q:
    """The audit entries about a patient that others caused; for the patient alone, no proxy asks for them."""
    if actor.role != Role.PATIENT or actor.member_id is None:
        raise Forbidden("查看谁看过本人信息", [Role.PATIENT])
    by_others = Q(actor_member_id__isnull=True) | ~Q(actor_member_id=actor.member_id)
    # entries of an earlier version do not say the role
    return Q(member_id=actor.member_id) & by_others & ~Q(role="")


async def sights_of(entries: Sequence[AuditEntry]) -> list[Sight]:
    """The entries as their patient is told them, with the names of institutions and families' relations."""
    codes = {entry.institution for entry in entries if entry.institution}
    names = dict(await Institution.filter(code__in=codes).values_list("code", "name")) if codes else {}
    relations = await relations_of(entries)
    return [
        Sight(
            id=entry.id,
            at=entry.at,
            role=Role(entry.role),
            institution=str(names.get(entry.institution, entry.institution)),
            relation=relations.get(entry.actor_member_id, ""),
            action=WORDS.get(entry.verb, OTHER),
            things=[PersonalData(thing) for thing in entry.things.split(",") if thing],
        )
        for entry in entries
    ]


async def relations_of(entries: Sequence[AuditEntry]) -> dict[UUID | None, str]:
    """What the family members among the callers are to the patient, by their latest grant."""
    proxies = {entry.actor_member_id for entry in entries if entry.actor_member_id}
    if not proxies:
        return {}
    owner = entries[0].member_id
    grants = await FamilyGrant.filter(owner_id=owner, proxy_id__in=proxies).order_by("since")
    return {grant.proxy_id: RELATIONS[grant.relation] for grant in grants}
