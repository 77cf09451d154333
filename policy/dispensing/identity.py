"""Who stands at the counter (人证相符)."""

from collections.abc import Mapping
from datetime import date

from policy.dispensing.facts import IdentityFacts
from policy.parameters import parameter
from policy.regulation import Regulation, regulation
from policy.rule import broken
from policy.terms import Credential, IdentityMethod, Verdict
from policy.violation import Code, Violation

RULES: Mapping[Regulation, tuple[str, str]] = {
    Regulation.FUJIAN_2023_6: ("FJ-2.4", "FJ-7.5"),
    Regulation.SHANXI_2022_27: ("SX-12", "SX-12"),
}


def check_identity(area: str, on: date, identity: IdentityFacts) -> list[Violation]:
    """Every rule about the person present that is not met (身份核验, FJ-7.5, SX-12)."""
    present, proxy = RULES[regulation(area, on=on)]
    found = check_person(area, on, identity, present)
    if identity.is_proxy and not identity.proxy_documents and not has_family_code(area, on, identity):
        message = "代购须查验并登记患者和代购人双方的身份证件。"
        found.append(broken(Code.PROXY_DOCUMENTS_MISSING, proxy, message))
    return found


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
        return []
    code, message = VERDICTS[identity.verdict]
    return [broken(code, rule_id, message, actual=identity.verdict)]


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
