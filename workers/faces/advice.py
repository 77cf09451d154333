"""What to tell the clerk after a comparison (给店员的提示); on unusable pictures see engines.pictures."""

from collections.abc import Mapping
from typing import Any

from policy.terms import Verdict

# Of 255. Seen with seven portraits: 110 to 145 in daylight, 27 to 36 at a quarter of the light.
DARK_BELOW = 50
# Sharpness as `Quality` measures it. Seen: 260 and more when sharp, 8 to 20 blurred or enlarged four times.
BLURRED_BELOW = 30

_SAID = {
    Verdict.UNCERTAIN: "与底照相似，但不足以确认是同一人",
    Verdict.NO_MATCH: "与底照不相符，请核对证件是否为本人",
}


def advice_after(verdict: Verdict, quality: Mapping[str, Any]) -> str:
    """The advice (提示) after a verdict; a dark or blurred live picture can be taken again."""
    if verdict not in _SAID:
        return ""
    if quality["brightness"] < DARK_BELOW:
        hint = "照片偏暗，请补光后重拍"
    elif quality["sharpness"] < BLURRED_BELOW:
        hint = "照片模糊，请擦净镜头、拿稳后重拍"
    else:
        hint = "请正对镜头重拍"
    return f"{_SAID[verdict]}；{hint}，或改用人工核验"
