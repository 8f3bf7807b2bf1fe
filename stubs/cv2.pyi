"""The few OpenCV functions this project calls, with the array types they return for the arrays we pass.

OpenCV's own stubs type every array as `ndarray[Any, dtype[integer | floating]]`, which strict mypy refuses.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypedDict, overload

import numpy as np
from numpy.typing import NDArray

_Gray: TypeAlias = NDArray[np.uint8]
_Affine: TypeAlias = NDArray[np.float64] | NDArray[np.float32]

BORDER_CONSTANT: Final[int]
CC_STAT_LEFT: Final[int]
CC_STAT_TOP: Final[int]
CC_STAT_WIDTH: Final[int]
CC_STAT_HEIGHT: Final[int]
CC_STAT_AREA: Final[int]
CV_32S: Final[int]
DIST_L2: Final[int]
DIST_MASK_5: Final[int]
FONT_HERSHEY_COMPLEX: Final[int]
FONT_HERSHEY_DUPLEX: Final[int]
FONT_HERSHEY_SCRIPT_COMPLEX: Final[int]
FONT_HERSHEY_SCRIPT_SIMPLEX: Final[int]
FONT_HERSHEY_SIMPLEX: Final[int]
FONT_HERSHEY_TRIPLEX: Final[int]
INTER_AREA: Final[int]
INTER_CUBIC: Final[int]
INTER_LINEAR: Final[int]
INTER_NEAREST: Final[int]
LINE_AA: Final[int]
MORPH_ELLIPSE: Final[int]
MORPH_RECT: Final[int]
THRESH_BINARY: Final[int]
THRESH_OTSU: Final[int]

class error(Exception): ...

class Moments(TypedDict):
    m00: float
    m10: float
    m01: float
    mu11: float
    mu20: float
    mu02: float

def LUT(src: _Gray, lut: _Gray) -> _Gray: ...
@overload
def GaussianBlur(src: _Gray, ksize: tuple[int, int], sigmaX: float) -> _Gray: ...
@overload
def GaussianBlur(src: NDArray[np.float32], ksize: tuple[int, int], sigmaX: float) -> NDArray[np.float32]: ...
def boundingRect(array: _Gray) -> tuple[int, int, int, int]: ...
def bitwise_and(src1: _Gray, src2: _Gray) -> _Gray: ...
def bitwise_not(src: _Gray) -> _Gray: ...
def connectedComponentsWithStats(
    image: _Gray, connectivity: int = ..., ltype: int = ...
) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]: ...
def copyMakeBorder(
    src: _Gray, top: int, bottom: int, left: int, right: int, borderType: int, value: int = ...
) -> _Gray: ...
def dilate(src: _Gray, kernel: _Gray) -> _Gray: ...
def distanceTransform(src: _Gray, distanceType: int, maskSize: int) -> NDArray[np.float32]: ...
def erode(src: _Gray, kernel: _Gray) -> _Gray: ...
def fillPoly(img: _Gray, pts: Sequence[NDArray[np.int32]], color: int, lineType: int = ...) -> _Gray: ...
def getRotationMatrix2D(center: tuple[float, float], angle: float, scale: float) -> NDArray[np.float64]: ...
def getStructuringElement(shape: int, ksize: tuple[int, int]) -> _Gray: ...
def getTextSize(text: str, fontFace: int, fontScale: float, thickness: int) -> tuple[tuple[int, int], int]: ...
def minAreaRect(points: NDArray[np.float32]) -> tuple[tuple[float, float], tuple[float, float], float]: ...
def moments(array: _Gray, binaryImage: bool = ...) -> Moments: ...
def polylines(
    img: _Gray,
    pts: Sequence[NDArray[np.int32]],
    isClosed: bool,
    color: int,
    thickness: int = ...,
    lineType: int = ...,
    shift: int = ...,
) -> _Gray: ...
def circle(
    img: _Gray,
    center: tuple[int, int],
    radius: int,
    color: int,
    thickness: int = ...,
    lineType: int = ...,
    shift: int = ...,
) -> _Gray: ...
def putText(
    img: _Gray,
    text: str,
    org: tuple[int, int],
    fontFace: int,
    fontScale: float,
    color: int,
    thickness: int = ...,
    lineType: int = ...,
) -> _Gray: ...
def resize(src: _Gray, dsize: tuple[int, int], *, interpolation: int = ...) -> _Gray: ...
def setNumThreads(nthreads: int) -> None: ...
def threshold(src: _Gray, thresh: float, maxval: float, type: int) -> tuple[float, _Gray]: ...
def warpAffine(src: _Gray, M: _Affine, dsize: tuple[int, int], *, flags: int = ...) -> _Gray: ...
