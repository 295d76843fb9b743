"""An image file becomes a 28 x 28 digit as MNIST's are: white ink on black, 20 x 20, centred.

Where in a picture the digit is, ``ink`` finds out; here files are opened, and digits are fitted.
"""

import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from torch import Tensor

from dsconv_lib.ink import (
    NoDigitError,
    PhotographError,
    SeveralDigitsError,
    find_digit,
    stroke_width,
)

__all__ = ["NoDigitError", "PhotographError", "SeveralDigitsError", "normalise", "read_digit"]

WORK_SIDE = 560  # [pixels] larger images are made smaller first
BOX, FRAME = 20, 28  # [pixels] MNIST's digits, and the frame around them
FINE = 8  # strokes are measured at so many times MNIST's resolution
STROKES = 2.0, 4.5  # [pixels of the frame] nine in ten of MNIST's digits lie between


def read_digit(path: str | Path) -> Tensor:
    """Read one handwritten digit from an image file of any size, colour and lighting.

    The digit may be dark on light or light on dark, anywhere in the picture. As MNIST's makers
    did, it is fitted to 20 x 20 pixels, keeping its proportions, and moved until its centre of
    mass lies in the middle of 28 x 28. Strokes much thinner or thicker than MNIST's are brought
    to its range.

    Shape:
        output  uint8 (1, 1, 28, 28), 0 is paper and 255 is ink

    Raises:
        PhotographError: no such file, or none that can be read as an image.
        NoDigitError: nothing stands out from the paper.
        SeveralDigitsError: more than one digit.

    Source: [lecun1998gradient], section III-A.
    """
    try:
        return normalise(_brightness(_open(Path(path))))
    except PhotographError as error:
        raise type(error)(f"{path}: {error}") from error


def normalise(brightness: np.ndarray) -> Tensor:
    """Bring the one digit in a picture to MNIST's form.

    Shape:
        brightness  (H, W), 0 is black and 1 is white
        output      uint8 (1, 1, 28, 28)

    Raises:
        NoDigitError: nothing stands out from the paper.
        SeveralDigitsError: more than one digit.
    """
    ink = find_digit(brightness)  # (H, W) -> (h, w)
    strokes = _fit(ink, BOX * FINE, Image.Resampling.BICUBIC) > 0.5
    strokes = _even_out(strokes)
    small = _fit(strokes, BOX, Image.Resampling.BOX)
    image = torch.from_numpy(_centre(small) * 255).round().to(torch.uint8)
    return image[None, None]  # (28, 28) -> (1, 1, 28, 28)


def _open(path: Path) -> Image.Image:
    """Decode the first frame of a file, upright."""
    if path.is_dir():
        raise PhotographError("is a folder; name the image files in it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.draft("RGB", (2 * WORK_SIDE, 2 * WORK_SIDE))  # JPEG: decode no more than this
                return ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise PhotographError("there is no such file") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        most = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise PhotographError(f"has more than {most} pixels; save it smaller first") from None
    except UnidentifiedImageError:
        raise PhotographError(
            "is not an image that Pillow can read; save it as PNG or JPEG"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PhotographError(f"is damaged or cannot be read ({error}); save it anew") from error


def _brightness(image: Image.Image) -> np.ndarray:
    """Reduce an image to one number per pixel, 0 to 1, at most ``WORK_SIDE`` pixels a side."""
    if image.mode.startswith(("I", "F")):  # 16 and 32 bit
        values = np.nan_to_num(np.asarray(image, dtype=np.float32)).clip(0)
        grey = Image.fromarray(values * 255 / max(values.max(), 1e-6))
    elif image.has_transparency_data:
        grey = _on_paper(image.convert("LA"))
    else:
        grey = image.convert("L")
    grey.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
    return np.asarray(grey, dtype=np.float32) / 255


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent image on paper that its ink stands out from."""
    grey, alpha = image.split()
    values, shown = np.asarray(grey), np.asarray(alpha) > 127
    usual = np.median(values[shown]) if shown.any() else 0
    mostly_ink = shown.mean() < 0.5  # strokes on nothing, not a picture with round corners
    paper = (255 if usual < 128 else 0) if mostly_ink else int(usual)
    return Image.composite(grey, Image.new("L", image.size, paper), alpha)


def _fit(ink: np.ndarray, longest: int, resample: Image.Resampling) -> np.ndarray:
    """Scale until the longer side has so many pixels; the proportions stay."""
    rows, columns = (max(1, round(side * longest / max(ink.shape))) for side in ink.shape)
    image = Image.fromarray(ink.astype(np.float32))
    return np.asarray(image.resize((columns, rows), resample))


def _even_out(strokes: np.ndarray) -> np.ndarray:
    """Thicken or thin strokes outside MNIST's range, everywhere alike; cut to the digit again."""
    strokes = np.pad(strokes, 3 * FINE)
    depth = ndimage.distance_transform_edt(strokes)
    width = stroke_width(strokes) / FINE
    grow = (np.clip(width, *STROKES) - width) * FINE / 2
    if grow > 0:
        strokes = ndimage.distance_transform_edt(~strokes) <= grow
    elif grow < 0:
        strokes = depth > min(-grow, depth.max() - 1)
    return strokes[ndimage.find_objects(strokes.astype(int))[0]]


def _centre(digit: np.ndarray) -> np.ndarray:
    """Lay a digit into the empty frame, its centre of mass in the middle."""
    frame = np.zeros((FRAME, FRAME), dtype=np.float32)
    corner = []
    for side, mass in zip(digit.shape, ndimage.center_of_mass(digit), strict=True):
        wanted = round(FRAME / 2 - mass)  # in MNIST it lies at 14.0, on average
        corner.append(min(max(wanted, 0), FRAME - side))
    top, left = corner
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame
