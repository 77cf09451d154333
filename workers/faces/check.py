"""The identity check (人证相符核验) made of the readings of its pictures."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from engines.pictures import Reason, Unusable
from policy.terms import Verdict
from workers.faces.advice import advice_after
from workers.faces.compare import BANDS, Encoding, compare, template
from workers.faces.result import Encoded, FaceResult

Read = Callable[[bytes], Awaitable[Encoded]]

_OF_NO_PICTURE = {
    Reason.REFERENCE_MISSING,
    Reason.REFERENCES_DIFFER,
    Reason.ENGINE_TIMEOUT,
    Reason.ENGINE_FAILED,
}


async def check_faces(
    read: Read, live: bytes, references: Sequence[bytes], site: Sequence[Encoding], engine: tuple[str, str]
) -> FaceResult:
    """Check that the person present is the one on the references (人证相符核验)."""
    # A picture of the card held up as the live one looks perfect: whoever decides should know.
    quality: dict[str, Any] = {"is_copy": live in references}
    try:
        present = await read(live)
        quality["live"] = present.quality
        reference = await _template(read, references, quality)
    except Unusable as unusable:
        advice = _advice_on(unusable, "底照" if "live" in quality else "现场照片")
        return FaceResult(Verdict.UNUSABLE, None, unusable.reason, advice, *engine, BANDS.version, quality)
    found = compare(present.encoding, reference, site)
    quality["metric"] = found.metric
    advice = advice_after(found.verdict, present.quality)
    return FaceResult(found.verdict, found.distance, None, advice, *engine, BANDS.version, quality)


def _advice_on(unusable: Unusable, subject: str) -> str:
    """The advice (提示), which says of which picture it speaks when it speaks of one."""
    return unusable.advice if unusable.reason in _OF_NO_PICTURE else f"{subject}：{unusable.advice}"


async def _template(read: Read, references: Sequence[bytes], quality: dict[str, Any]) -> Encoding:
    """The mean encoding of the usable references (底照模板), when they show one person."""
    readings: list[Encoded] = []
    refused = Unusable(Reason.REFERENCE_MISSING)
    qualities = quality["references"] = []
    for reference in references:
        try:
            readings.append(await read(reference))
            qualities.append(readings[-1].quality)
        except Unusable as unusable:
            refused = unusable
            qualities.append({"unusable": str(unusable.reason)})
    if not readings:
        raise refused
    first, *others = (reading.encoding for reading in readings)
    # The mean of two people would look like both of them.
    if any(compare(first, other).verdict is Verdict.NO_MATCH for other in others):
        raise Unusable(Reason.REFERENCES_DIFFER)
    return template([first, *others])
