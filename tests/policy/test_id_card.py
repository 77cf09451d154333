"""What counts as read off an ID card."""

import pytest

from policy.id_card import CardText, card_text
from policy.identifiers import id_check_digit

NUMBER = "993501196108040016"
OTHER = "99350119851115002" + id_check_digit("99350119851115002")


def read(*lines: str, allow_samples: bool = True) -> tuple[str, str]:
    """The number and the name of these lines."""
    found = card_text(lines, allow_samples=allow_samples)
    return found.number, found.name


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        pytest.param([f"公民身份号码{NUMBER}"], NUMBER, id="整行"),
        pytest.param(["公民身份号码", "9935 0119 6108 0400 16"], NUMBER, id="分段"),
        pytest.param(["９９３５０１１９６１０８０４００１６"], NUMBER, id="全角"),
        pytest.param(["99350１196108040０16"], NUMBER, id="混合"),
        pytest.param(["99350119610804001x"], "", id="校验位不符"),
        pytest.param([NUMBER[:-1]], "", id="缺一位"),
        pytest.param([NUMBER[:-1] + "7"], "", id="错一位"),
        pytest.param(["993501196113400017"], "", id="不是日期"),
        pytest.param(["٩٩٣٥٠١١٩٦١٠٨٠٤٠٠١٦"], "", id="他国数字"),
        pytest.param([NUMBER + "1"], "", id="多一位"),
        pytest.param([NUMBER, NUMBER], NUMBER, id="两遍"),
        pytest.param([NUMBER, OTHER], "", id="两个号码"),
        pytest.param([], "", id="空"),
    ],
)
def test_only_a_sound_number_is_read(lines: list[str], number: str) -> None:
    assert read(*lines)[0] == number


def test_an_area_that_exists_nowhere_is_read_outside_production_only() -> None:
    assert read(NUMBER, allow_samples=False)[0] == ""
    assert read("11010519491231002X", allow_samples=False)[0] == "11010519491231002X"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["姓名王田工"], "王田工"),
        (["姓 名 王 田 工"], "王田工"),
        (["姓名", "王田工"], "王田工"),
        (["姓名阿卜杜拉•买买提"], "阿卜杜拉·买买提"),
        (["姓名𬎆工"], "𬎆工"),
        (["姓名王"], ""),
        (["姓名", NUMBER], ""),
        (["性别男", "王田工"], ""),
    ],
    ids=["同行", "有空格", "下一行", "间隔号", "生僻字", "只有一字", "下一行是号码", "没有标签"],
)
def test_the_name_is_what_stands_after_its_label(lines: list[str], name: str) -> None:
    assert read(*lines)[1] == name


def test_what_was_read_shows_itself_nowhere() -> None:
    assert repr(CardText(NUMBER, "王田工")) == "CardText()"
