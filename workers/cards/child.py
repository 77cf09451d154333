"""The child process that reads ID cards (证件识读子进程): one thread, one picture at a time, over pipes.

It speaks as the face child does, and is confined as it is, with more memory. Its models lie inside the
packages: it needs no network.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from workers.children import Answer, serve
from workers.faces.confinement import confine

MEMORY_BYTES = 3 * 512 * 1024**2
"""Of addresses: the models and one card were seen to take 1 GiB of them, 560 MiB of it in memory."""

LONG_SIDE = 1280
"""Cards fill a picture or half of it; their text is still read at 320 pixels of card width."""

LINES_MAX = 100
ENGINE = "rapidocr"
MODEL = "PP-OCRv6 small"
PARAMETERS = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def main(arguments: list[str]) -> int:
    """Serve pictures until the input ends; the exit status tells of a failed start."""
    (parent,) = arguments
    confine(int(parent), MEMORY_BYTES)
    return serve(load)


def load() -> tuple[Mapping[str, str], Answer]:
    """Load the models (加载模型); the first picture then meets warm ones."""
    import cv2
    import numpy as np
    from rapidocr import RapidOCR

    from workers.faces import guards

    cv2.setNumThreads(1)
    guards.limit_pillow()
    engine = RapidOCR(params=PARAMETERS)
    engine(np.full((64, 256, 3), 255, np.uint8))

    def answer(wish: Mapping[str, Any], picture: bytes) -> Mapping[str, Any]:
        """The lines of text on a picture (识读文字), from top to bottom."""
        opened = guards.open_picture(picture, LONG_SIDE)
        # the engine's pictures have blue first
        found: Any = engine(np.ascontiguousarray(opened.pixels[:, :, ::-1]))
        return {"lines": [line[:100] for line in (found.txts or ())[:LINES_MAX]]}

    return {ENGINE: f"{ENGINE} {version(ENGINE)} {MODEL}"}, answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
