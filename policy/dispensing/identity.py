"""Who stands at the counter (人证相符)."""

from collections.abc import Mapping
from datetime import date

from policy.dispensing.facts import IdentityFacts, ScannedCard
from policy.parameters import parameter
from policy.regulation import Regulation, regulation
from policy.rule import broken
from policy.terms import CardReading, Credential, IdentityMethod, Verdict
from policy.violation import Code, Violation

RULES: Mapping[Regulation, tuple[str, str]] = {
    Regulation.FUJIAN_2023_6: ("FJ-2.4", "FJ-7.5"),
    Regulation.SHANXI_2022_27: ("SX-12", "SX-12"),
}


def check_identity(area: str, on: date, identity: IdentityFacts) -> list[Violation]:
    """Every rule about the person present that is not met (身份核验, FJ-7.5, SX-12)."""
    present, proxy = RULES[regulation(area, on=on)]
    found = check_person(area, on, identity, present)
    if identity.is_proxy and not has_family_code(area, on, identity):
        # a card that failed as the face's reference is not told a second time
        known = {one.code for one in found}
        found += [one for one in check_proxy_cards(area, on, identity, proxy) if one.code not in known]
    return found


def check_proxy_cards(area: str, on: date, identity: IdentityFacts, rule_id: str) -> list[Violation]:
    """Both people's ID cards (双方身份证, FJ-7.5, SX-12): seen by a clerk, or scanned and theirs."""
    if identity.proxy_documents:
        return []
    if identity.buyer_card is None or identity.member_card is None:
        message = "代购须查验并登记患者和代购人双方的身份证件。"
        return [broken(Code.PROXY_DOCUMENTS_MISSING, rule_id, message)]
    return [
        *check_card(area, on, "购药人身份证", identity.buyer_card, rule_id),
        *check_card(area, on, "参保人身份证", identity.member_card, rule_id),
    ]


def check_card(area: str, on: date, name: str, card: ScannedCard, rule_id: str) -> list[Violation]:
    """What is wrong with a scanned ID card (证件识读, YL-40): nothing, or what has to be done about it.

    A number from the counter's card reader stands in for a card that the machine cannot read, where the area
    allows it (`card_number_stands_in`); never for one on which it read another number.
    """
    match card.reading:
        case CardReading.READ_MATCH:
            return []
        case CardReading.DIFFERS:
            message = f"{name}识读出的号码与登记的不一致，请核对后重新扫描，或由店员查验双方证件并特殊登记。"
            return [broken(Code.CARD_DIFFERS, rule_id, message, actual=card.reading)]
        case CardReading.UNREAD if card.has_number and parameter("card_number_stands_in", area, on=on).flag:
            return []
        case CardReading.UNREAD:
            message = f"{name}未能识读，请擦净证件、避开反光后重新扫描，或由店员查验证件并特殊登记。"
            return [broken(Code.CARD_UNREAD, rule_id, message, actual=card.reading)]
    return [broken(Code.CARD_UNREAD, rule_id, f"{name}正在识读，请稍候再试。")]


def has_family_code(area: str, on: date, identity: IdentityFacts) -> bool:
    """Whether the family code (亲情展码) is enough for a proxy: in Fujian it is (FJ-7.5)."""
    return identity.is_proxy and identity.family_code and parameter("proxy_family_code", area, on=on).flag


VERDICTS: Mapping[Verdict, tuple[Code, str]] = {
    Verdict.UNCERTAIN: (Code.IDENTITY_UNCERTAIN, "人脸比对结果不确定，请凭两种证件人工核验并登记。"),
    Verdict.NO_MATCH: (Code.IDENTITY_NO_MATCH, "人证不符，请核对在场人员身份或转人工核验。"),
    Verdict.UNUSABLE: (Code.IDENTITY_REQUIRED, "影像无法用于核验，请重新拍摄或转人工核验。"),
}


def check_person(area: str, on: date, identity: IdentityFacts, rule_id: str) -> list[Violation]:
    """The person present is who he says: by face, by two documents, or by the family code.

    A manual check (特殊登记) always stands in for a face: the face may not be the only way.
    """
    if identity.manual_done:
        return []
    if identity.method is IdentityMethod.FAMILY_CODE:
        if has_family_code(area, on, identity):
            return []
        message = "本地区不能仅凭亲情展码核验，或未出示亲情展码。"
        return [broken(Code.IDENTITY_REQUIRED, rule_id, message)]
    if identity.method is not IdentityMethod.FACE or identity.verdict is None:
        return [broken(Code.IDENTITY_REQUIRED, rule_id, "结算前须核验在场人员身份（人证相符）。")]
    if identity.verdict is Verdict.MATCH:
        # a face that is like a card's says who it is only if the card is the buyer's
        card = identity.reference
        return check_card(area, on, "购药人身份证", card, rule_id) if card else []
    code, message = VERDICTS[identity.verdict]
    return [broken(code, rule_id, message, actual=identity.verdict)]


def is_manual_often(area: str, on: date, manual: int, settlements: int) -> bool:
    """Whether a pharmacy checks people by hand unusually often (特殊登记过多, YL-41): share and number."""
    share = parameter("manual_check_share", area, on=on).amount
    return manual >= parameter("manual_check_count", area, on=on).count and manual >= share * settlements


def check_credential(
    area: str, on: date, credential: Credential | None, identity: IdentityFacts
) -> list[Violation]:
    """An electronic credential or a social security card (医保凭证); an ID card alone is none."""
    accepted = parameter("credentials", area, on=on)
    is_shown = credential is not None and credential in accepted.words
    # the family code is the patient's own electronic credential, shown by the family
    if is_shown or (credential is None and has_family_code(area, on, identity)):
        return []
    return [
        broken(
            Code.CREDENTIAL_MISSING,
            accepted.rule,
            "须出示医保电子凭证或社会保障卡，仅凭身份证不能结算。",
            basis=accepted.basis,
            limit="、".join(accepted.words),
            actual=credential,
        )
    ]
