"""The network of face_recognition (人脸编码网络), computed with the processor's matrix routines.

Same weights, same layers, same numbers to a millionth: dlib's prebuilt module knows no BLAS and takes some
eight times as long. Whoever loads this compares it with the library's own answer first.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workers.faces.guards import Pixels

Numbers = NDArray[np.float32]
"""Picture, row, column, channel."""

SIDE = 150
"""Of a face that is cut out, in pixels."""
MEAN_COLOUR = np.array([122.782, 117.001, 104.298], dtype=np.float32)
COLOUR_SCALE = np.float32(256)
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of the file of weights: another one would be read wrongly."""


class NetworkUnknown(Exception):
    """The file of weights is not the one this was written for (模型文件不符)."""


@dataclass(frozen=True)
class Convolution:
    """A convolution with the scaling behind it (卷积层): weights by row, column and channel, then filter."""

    weights: Numbers
    bias: Numbers
    side: int
    stride: int
    padding: int

    def __call__(self, pictures: Numbers) -> Numbers:
        edge = (self.padding, self.padding)
        x = np.pad(pictures, ((0, 0), edge, edge, (0, 0))) if self.padding else pictures
        windows = np.lib.stride_tricks.sliding_window_view(x, (self.side, self.side), axis=(1, 2))
        windows = windows[:, :: self.stride, :: self.stride].transpose(0, 1, 2, 4, 5, 3)
        count, height, width = windows.shape[:3]
        found = windows.reshape(count * height * width, -1) @ self.weights
        found += self.bias
        return found.reshape(count, height, width, -1)


class Network:
    """Faces cut out to 150 by 150 pixels become 128 numbers each (人脸编码)."""

    def __init__(self, file: Path) -> None:
        self._layers, self._connected = read(file)

    def __call__(self, faces: Sequence[Pixels]) -> NDArray[np.float64]:
        """The numbers of several faces at once (人脸特征), a row each."""
        first, *rest = self._layers
        x = (np.asarray(faces, dtype=np.float32) - MEAN_COLOUR) / COLOUR_SCALE
        x = widest(positive(first(x)))
        for one, other in zip(rest[::2], rest[1::2], strict=True):
            way_round = mean_of_four(x) if one.stride == 2 else x
            x = positive(added(other(positive(one(x))), way_round))
        return np.asarray(x.mean(axis=(1, 2)) @ self._connected, dtype=np.float64)


def positive(x: Numbers) -> Numbers:
    """What is below zero becomes zero (ReLU), in place."""
    return np.maximum(x, 0, out=x)


def widest(x: Numbers) -> Numbers:
    """The greatest of each three by three (最大池化), every second."""
    height, width = (2 * ((side - 3) // 2) + 1 for side in x.shape[1:3])
    tiles = [x[:, i : i + height : 2, j : j + width : 2] for i in range(3) for j in range(3)]
    found = tiles[0].copy()
    for tile in tiles[1:]:
        np.maximum(found, tile, out=found)
    return found


def mean_of_four(x: Numbers) -> Numbers:
    """The mean of each two by two (平均池化); an odd edge is left out."""
    height, width = (side // 2 * 2 for side in x.shape[1:3])
    tiles = [x[:, i:height:2, j:width:2] for i in range(2) for j in range(2)]
    return np.asarray(sum(tiles) / np.float32(4), dtype=np.float32)


def added(first: Numbers, second: Numbers) -> Numbers:
    """The sum (残差相加), the smaller one having zeros where it does not reach."""
    shape = [max(sides) for sides in zip(first.shape, second.shape, strict=True)]
    found = np.zeros(shape, dtype=np.float32)
    for one in (first, second):
        found[tuple(slice(side) for side in one.shape)] += one
    return found


def read(file: Path) -> tuple[list[Convolution], Numbers]:
    """The layers out of dlib's own file (读取模型), the one that sees the picture first."""
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise NetworkUnknown(f"{file.name} is not the file of face-recognition-models 0.3.0.")
    layers: list[Convolution] = []
    channels = 3
    for convolution, affine in zip(places(content, b"con_4"), places(content, b"affine_"), strict=True):
        numbers, (count, side, _, stride, _, padding, _) = convolution.numbers(), convolution.integers(7)
        scale, shift = np.split(affine.numbers(), 2)
        # dlib keeps a filter's weights by channel, row and column.
        filters = numbers[:-count].reshape(count, channels, side, side) * scale[:, None, None, None]
        weights = np.ascontiguousarray(filters.transpose(2, 3, 1, 0).reshape(-1, count))
        layers.append(Convolution(weights, numbers[-count:] * scale + shift, side, stride, padding))
        channels = count
    (last,) = places(content, b"fc_2")
    outputs, inputs = last.integers(2)
    # A copy: a view would hold the whole file.
    return layers, last.numbers().reshape(inputs, outputs).copy()


def places(content: bytes, layer: bytes) -> Iterator["Place"]:
    """Where the layers of a kind are written (层位置), in the file's order."""
    name = bytes([1, len(layer)]) + layer
    end = 0
    while (start := content.find(name, end)) >= 0:
        end = start + len(name)
        yield Place(content, end)


@dataclass
class Place:
    """A place in dlib's file (读取位置): a number is its length and then its bytes, the lowest first."""

    content: bytes
    at: int

    def integers(self, count: int) -> list[int]:
        """The next whole numbers (整数)."""
        found = []
        for _ in range(count):
            start = self.at + 1
            self.at = start + self.content[self.at]
            found.append(int.from_bytes(self.content[start : self.at], "little"))
        return found

    def numbers(self) -> Numbers:
        """The next array (数组): a version, four sizes, and the numbers themselves."""
        _, *sizes = self.integers(5)
        found = np.frombuffer(self.content, dtype="<f4", count=prod(sizes), offset=self.at)
        self.at += found.nbytes
        return found
