"""ID cards of nobody (绘制身份证): digits in Pillow's own letters, characters drawn stroke by stroke."""

import io
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Stroke = Sequence[tuple[int, int]]

INK = (20, 20, 20)
STROKES: Mapping[str, Sequence[Stroke]] = {
    "姓": [
        [(30, 5), (12, 55), (45, 90)],
        [(42, 25), (35, 60), (8, 92)],
        [(2, 32), (48, 30)],
        [(62, 8), (52, 38)],
        [(58, 28), (95, 28)],
        [(56, 56), (92, 56)],
        [(50, 90), (98, 90)],
        [(75, 5), (75, 90)],
    ],
    "名": [
        [(45, 3), (12, 42)],
        [(38, 15), (78, 15), (55, 42), (8, 68)],
        [(35, 28), (52, 42)],
        [(35, 55), (35, 95)],
        [(35, 55), (85, 55), (85, 95)],
        [(35, 90), (85, 90)],
    ],
    "王": [[(12, 12), (88, 12)], [(15, 48), (85, 48)], [(5, 90), (95, 90)], [(50, 12), (50, 90)]],
    "田": [
        [(15, 12), (15, 92)],
        [(15, 12), (85, 12), (85, 92)],
        [(15, 50), (85, 50)],
        [(15, 88), (85, 88)],
        [(50, 12), (50, 88)],
    ],
    "工": [[(12, 12), (88, 12)], [(5, 88), (95, 88)], [(50, 12), (50, 88)]],
}
"""On a grid of a hundred by a hundred: no font with Chinese characters comes with the packages."""


def draw(pen: ImageDraw.ImageDraw, text: str, x: int, y: int, size: int) -> None:
    """Write characters from their strokes (描字)."""
    for place, character in enumerate(text):
        for stroke in STROKES[character]:
            points = [(x + place * size * 1.2 + a * size / 100, y + b * size / 100) for a, b in stroke]
            pen.line(points, fill=INK, width=5, joint="curve")


def id_card(number: str, name: str = "", blur: float = 0, turned: int = 0) -> bytes:
    """The portrait side of a card (身份证人像面), with a number and, if given, a name; a JPEG."""
    image = Image.new("RGB", (1011, 638), (235, 240, 245))
    pen = ImageDraw.Draw(image)
    if name:
        draw(pen, "姓名", 60, 70, 44)
        draw(pen, name, 190, 68, 48)
    pen.ellipse((720, 120, 900, 380), fill=(180, 160, 150))
    pen.text((330, 545), number, font=ImageFont.load_default(size=44), fill=INK)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    file = io.BytesIO()
    image.rotate(turned, expand=True).save(file, "JPEG", quality=88)
    return file.getvalue()
