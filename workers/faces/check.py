"""The identity check (人证相符核验) made of what the engines see on its pictures. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engines.pictures import ADVICE, Reason, Unusable
from policy.faces import FaceLaw, joint_verdict
from policy.terms import Verdict
from workers.faces.compare import Mean, Vector, compare, template
from workers.faces.quality import hint_on
from workers.faces.result import FaceResult, Finding, Seen, Sight

LIVE, REFERENCE = "现场照片", "底照"

_OF_NO_PICTURE = {
    Reason.COPY_OF_REFERENCE,
    Reason.REFERENCE_MISSING,
    Reason.REFERENCES_DIFFER,
    Reason.ENGINE_TIMEOUT,
    Reason.ENGINE_FAILED,
}

_SAID = {
    Verdict.UNCERTAIN: "与底照相似，但不足以确认是同一人",
    Verdict.NO_MATCH: "与底照不相符，请核对证件是否为本人",
}
_LOOKS_COPIED = "与底照几乎完全相同，疑似翻拍照片，请当面拍摄本人，或改用人工核验"

Known = Sequence[Mapping[str, Sequence[float] | Reason]]
"""The numbers of each reference by engine (底照特征), or why it has none."""


def judge(
    law: FaceLaw,
    models: Mapping[str, str],
    live: Sight,
    known: Known,
    means: Mapping[str, Mean],
) -> FaceResult:
    """The verdict (核验结论) on the person present: each engine's, and theirs together."""
    findings = []
    for engine in law.engines:
        seen = live[engine]
        if isinstance(seen, Reason):
            return unusable(seen, LIVE)
        mean = means.get(engine)
        try:
            reference = _reference(engine, law, [one[engine] for one in known], mean)
        except Unusable as refused:
            return unusable(refused.reason, REFERENCE)
        findings.append(_finding(engine, models[engine], law, seen, reference, mean))
    verdict = joint_verdict([finding.verdict for finding in findings])
    return FaceResult(verdict, None, _advice(verdict, law, findings), tuple(findings))


def unproven(result: FaceResult) -> FaceResult:
    """Whatever an unconfirmed face says (待核实建档), a person at the counter decides."""
    if result.verdict is Verdict.UNUSABLE:
        return result
    reason = Reason.ENROLMENT_UNCONFIRMED
    return FaceResult(Verdict.UNCERTAIN, reason, ADVICE[reason], result.findings)


def unusable(reason: Reason, subject: str = "") -> FaceResult:
    """No verdict can be had (无法核验); the advice says of which picture it speaks when it speaks of one."""
    said = ADVICE[reason] if reason in _OF_NO_PICTURE or not subject else f"{subject}：{ADVICE[reason]}"
    return FaceResult(Verdict.UNUSABLE, reason, said)


def _finding(
    engine: str, model: str, law: FaceLaw, seen: Seen, reference: Vector, mean: Mean | None
) -> Finding:
    found = compare(engine, seen.vector, reference, law, mean)
    return Finding(
        engine=engine,
        model_version=model,
        verdict=found.verdict,
        metric=found.band.metric,
        distance=found.distance,
        bands_version=found.band.version,
        mean=mean.version if mean else None,
        quality=seen.quality,
    )


def _reference(
    engine: str, law: FaceLaw, known: Sequence[Sequence[float] | Reason], mean: Mean | None
) -> NDArray[np.float64]:
    """The mean of the usable references (底照模板), when they show one person."""
    vectors = [one for one in known if not isinstance(one, Reason)]
    if not vectors:
        raise Unusable(next((one for one in known if isinstance(one, Reason)), Reason.REFERENCE_MISSING))
    first, *others = vectors
    # The mean of two people would look like both of them.
    if any(compare(engine, first, other, law, mean).verdict is Verdict.NO_MATCH for other in others):
        raise Unusable(Reason.REFERENCES_DIFFER)
    return template(vectors)


def _advice(verdict: Verdict, law: FaceLaw, findings: Sequence[Finding]) -> str:
    """What the clerk is told (给店员的提示): nothing after a match."""
    if verdict not in _SAID:
        return ""
    if any(law.band(finding.metric).is_copy(finding.distance) for finding in findings):
        return _LOOKS_COPIED
    return f"{_SAID[verdict]}；{hint_on(findings[0].quality)}，或改用人工核验"
