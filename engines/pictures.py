"""What a picture must be (照片要求) before anybody spends time on it, read off its first bytes."""

from enum import StrEnum

from engines.picture_headers import BrokenHeader, Header, header_of

BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 50_000_000
SHORT_SIDE_MIN = 80
ASPECT_MAX = 4


class Reason(StrEnum):
    """Why an identity check has no verdict of its own (无法核验原因)."""

    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    DAMAGED = "DAMAGED"
    ANIMATED = "ANIMATED"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    TOO_SMALL = "TOO_SMALL"
    BAD_SHAPE = "BAD_SHAPE"
    NO_FACE = "NO_FACE"
    SEVERAL_FACES = "SEVERAL_FACES"
    FACE_TOO_SMALL = "FACE_TOO_SMALL"
    TOO_DARK = "TOO_DARK"
    TOO_BRIGHT = "TOO_BRIGHT"
    LOW_CONTRAST = "LOW_CONTRAST"
    BLURRED = "BLURRED"
    TURNED_AWAY = "TURNED_AWAY"
    COPY_OF_REFERENCE = "COPY_OF_REFERENCE"
    REFERENCE_MISSING = "REFERENCE_MISSING"
    REFERENCES_DIFFER = "REFERENCES_DIFFER"
    ENROLMENT_UNCONFIRMED = "ENROLMENT_UNCONFIRMED"
    ENGINE_TIMEOUT = "ENGINE_TIMEOUT"
    ENGINE_FAILED = "ENGINE_FAILED"


ADVICE = {
    Reason.NOT_AN_IMAGE: "文件不是可用的照片，请改用 JPEG、PNG、WebP 或 BMP 格式；"
    "苹果手机的 HEIC 照片请在相机格式中选“兼容性最佳”后重拍",
    Reason.DAMAGED: "照片文件不完整或已损坏，请重新拍摄并上传",
    Reason.ANIMATED: "请上传静态照片，不要上传动图",
    Reason.TOO_LARGE: f"照片文件超过 {BYTES_MAX // 1024 // 1024} MB，请调低相机分辨率后重拍",
    Reason.TOO_MANY_PIXELS: f"照片超过 {PIXELS_MAX // 10_000} 万像素，请调低相机分辨率后重拍",
    Reason.TOO_SMALL: f"照片太小，短边不足 {SHORT_SIDE_MIN} 像素，请调高分辨率后重拍",
    Reason.BAD_SHAPE: f"照片过于狭长，长边超过短边的 {ASPECT_MAX} 倍，请按正常比例重拍",
    Reason.NO_FACE: "照片中没有找到正面人脸，请正对镜头、摘下口罩和帽子、光线均匀后重拍",
    Reason.SEVERAL_FACES: "照片中不止一张人脸，请只拍被核验人一人",
    Reason.FACE_TOO_SMALL: "照片中人脸太小，请靠近镜头后重拍",
    Reason.TOO_DARK: "照片太暗，看不清人脸，请补光后重拍",
    Reason.TOO_BRIGHT: "照片过曝，看不清人脸，请避开强光后重拍",
    Reason.LOW_CONTRAST: "照片发灰，看不清人脸，请换到光线均匀处、擦净镜头后重拍",
    Reason.BLURRED: "照片太模糊，看不清人脸，请擦净镜头、拿稳后重拍",
    Reason.TURNED_AWAY: "脸偏向一侧，请正对镜头后重拍",
    Reason.COPY_OF_REFERENCE: "与底照是同一个照片文件，请当面拍摄本人",
    Reason.REFERENCE_MISSING: "没有可比对的证件照或建档照，请改用人工核验",
    Reason.REFERENCES_DIFFER: "证件照与建档照差别过大，请人工核对证件",
    Reason.ENROLMENT_UNCONFIRMED: "建档照片尚未当面核实，请扫描本人身份证，或查验两种证件并特殊登记",
    Reason.ENGINE_TIMEOUT: "照片核验超时，请换一张照片重试，或改用人工核验",
    Reason.ENGINE_FAILED: "人脸核验暂不可用，请稍后重试，或改用人工核验",
}


class Unusable(Exception):
    """A picture that gives no verdict (照片不可用): a reason for programs, advice for the clerk."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        self.advice = ADVICE[reason]
        super().__init__(f"{reason}: {self.advice}")


def precheck(data: bytes) -> Header:
    """The picture's header (照片预检), when it may be decoded at all; else `Unusable`.

    Nothing is decoded or decompressed, so no upload makes this slow: it is fit for the event loop.
    """
    if len(data) > BYTES_MAX:
        raise Unusable(Reason.TOO_LARGE)
    try:
        header = header_of(data)
    except BrokenHeader as error:
        raise Unusable(Reason.DAMAGED) from error
    if header is None:
        raise Unusable(Reason.NOT_AN_IMAGE)
    if header.is_animated:
        raise Unusable(Reason.ANIMATED)
    check_size(header.width, header.height)
    return header


def check_size(width: int, height: int) -> None:
    """Refuse a picture of too many or too few pixels (像素限制) with `Unusable`."""
    short, long = sorted((width, height))
    if width * height > PIXELS_MAX:
        raise Unusable(Reason.TOO_MANY_PIXELS)
    if short < SHORT_SIDE_MIN:
        raise Unusable(Reason.TOO_SMALL)
    if long > ASPECT_MAX * short:
        raise Unusable(Reason.BAD_SHAPE)
