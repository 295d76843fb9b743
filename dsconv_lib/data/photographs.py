"""An image file becomes a 28 x 28 digit as MNIST's are: white ink on black, 20 x 20, centred.

Ink is what is darker (or lighter) than the paper around it, so that shadows and grey paper do not
count; one digit is told apart from specks and edges.
"""

import itertools
import math
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from torch import Tensor

WORK_SIDE = 560  # [pixels] larger images are made smaller first
BOX, FRAME = 20, 28  # [pixels] MNIST's digits, and the frame around them
FINE = 8  # strokes are measured at so many times MNIST's resolution
STROKES = 2.0, 4.5  # [pixels of the frame] nine in ten of MNIST's digits lie between
SPANS = 0.4, 0.2  # [share of the longer side] wide for thick strokes, narrow for narrow shadows
FAINTEST = 0.08  # [share of the paper's brightness] ink paler than that is not seen
SMALLEST = 0.02  # [share of the longer side] a digit is at least so tall or wide
USUAL = 0.15  # [share of the digit's longer side] the width of MNIST's middling strokes
CLOSE = 0.12  # [share of the digit's longer side] pieces so near belong together
WIDEST = 2.2  # [width over height] six of MNIST's 55,000 training digits are wider


class PhotographError(ValueError):
    """A picture cannot be read as one digit; the message says why and what to do."""


class NoDigitError(PhotographError):
    """Nothing in the picture stands out from the paper."""


class SeveralDigitsError(PhotographError):
    """The picture holds more than one digit."""


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
    small = _fit(_even_out(strokes), BOX, Image.Resampling.BOX)
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
    return strokes[box_of(strokes)]


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


def box_of(mask: np.ndarray) -> tuple[slice, slice]:
    """Find the rows and the columns that a mask spans."""
    return ndimage.find_objects(mask.astype(int))[0]


@dataclass(frozen=True)
class Patch:
    """One connected piece of ink."""

    mask: np.ndarray  # of the whole picture
    rows: slice
    columns: slice
    area: int
    at_edge: bool

    @property
    def sides(self) -> tuple[int, int]:
        """Count the rows and the columns it spans."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def find_digit(brightness: np.ndarray) -> np.ndarray:
    """Cut the one digit out of a picture, as ink from 0 to 1, with nothing around it.

    Shape:
        brightness  (H, W), 0 is black and 1 is white
        output      (h, w), the digit's own box
    """
    smooth = ndimage.gaussian_filter(brightness, sigma=max(brightness.shape) / 800)
    dark = smooth if _ink_is_darker(smooth) else 1 - smooth
    views = []
    for view, span in itertools.product((dark, 1 - dark), SPANS):
        with suppress(NoDigitError):
            ink = ink_of(view, span)
            patches = _patches(ink)
            likeness = _likeness(ink, patches[0])
            views.append((likeness + 0.1 * (view is dark), ink, patches))
    if not views:
        raise NoDigitError(
            f"nothing stands out: ink must differ from the paper by {FAINTEST:.0%} of its "
            f"brightness, a digit span {SMALLEST:.0%} of the picture. Write darker or larger"
        )
    _, ink, patches = max(views, key=lambda view: view[0])
    kept = _belonging(patches[0], patches)
    near = ndimage.binary_dilation(kept, iterations=2)  # the soft rim of the strokes
    return (ink * near)[box_of(kept)]


def ink_of(brightness: np.ndarray, span: float = SPANS[0]) -> np.ndarray:
    """Tell dark ink from paper: 0 is paper, 1 is full ink, whatever the light.

    Args:
        span: paper is what a square can slide over [its side, as a share of the longer side].

    Shape:
        brightness  (H, W), 0 is black and 1 is white
        output      (H, W)
    """
    side = max(3, round(span * max(brightness.shape)))
    paper = ndimage.grey_closing(brightness, size=(side, side), mode="nearest")
    ink = 1 - brightness / paper.clip(0.02)
    grain = np.abs(ink - ndimage.uniform_filter(ink, size=max(3, max(ink.shape) // 16)))
    noise = 3.1 * np.percentile(grain, 25)  # the spread of normal noise, from its calmer part
    # the closing follows the brightest grains; a low share is paper even where ink is everywhere
    ink = ink - np.percentile(ink, 20) - 0.8 * noise
    strong = ink[ink > max(5 * noise, FAINTEST)]
    if len(strong) < 4:
        raise NoDigitError("nothing stands out from the paper")
    return (ink / np.percentile(strong, 85)).clip(0, 1)


def _ink_is_darker(brightness: np.ndarray) -> bool:
    """Compare with the middle brightness of a wide neighbourhood, which is paper's."""
    coarse = ndimage.zoom(brightness, min(1, 32 / max(brightness.shape)), order=1)
    middle = ndimage.median_filter(coarse, size=max(3, max(coarse.shape) // 2), mode="nearest")
    return bool(((coarse - middle) ** 3).sum() < 0)


def _patches(ink: np.ndarray) -> list[Patch]:
    """List the connected pieces that hold full ink and are no specks, largest first.

    What runs off the picture is left out, if something else can be the digit.
    """
    labels, _ = ndimage.label(ink > 0.45, structure=np.ones((3, 3)))
    patches = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        longest = max(side.stop - side.start for side in box)
        strongest = ink[box].max(where=labels[box] == number, initial=0)
        if longest >= SMALLEST * max(ink.shape) and strongest > 0.7:
            mask = labels == number
            edge = any(
                side.start == 0 or side.stop == length
                for side, length in zip(box, ink.shape, strict=True)
            )
            patches.append(Patch(mask, *box, int(mask.sum()), edge))
    if not patches:
        raise NoDigitError("only specks stand out from the paper")
    patches.sort(key=lambda patch: -patch.area)
    inner = [patch for patch in patches if not patch.at_edge]
    sizes = [max(patch.sides) / max(ink.shape) for patch in inner]
    return inner if max(sizes, default=0) >= 3 * SMALLEST else patches


def _likeness(ink: np.ndarray, patch: Patch) -> float:
    """Score strokes of even ink on clean paper above sheets, holes, shadows and edges."""
    longest = max(patch.sides)
    rim = longest // 6
    rows = slice(max(0, patch.rows.start - rim), patch.rows.stop + rim)
    columns = slice(max(0, patch.columns.start - rim), patch.columns.stop + rim)
    mask, ink = patch.mask[rows, columns], ink[rows, columns]
    around = ink[~ndimage.binary_dilation(mask, iterations=2)]
    dirt = around.mean() if around.size else 0
    stroke = stroke_width(mask) / longest
    faults = 2 * max(0, stroke - USUAL) + 0.2 * patch.at_edge
    share = (math.prod(patch.sides) / patch.mask.size) ** 0.5
    faults += 0.6 * max(0, share - 0.5) + 0.3 * (stroke > USUAL and _is_sheet(mask))
    return ink[mask].mean() - dirt - faults


def _is_sheet(mask: np.ndarray) -> bool:
    """Tell a sheet of paper, seen from anywhere, from the outline of a digit.

    Area over the root of the covariance's determinant is 12 for each parallelogram and 12.6 for
    each ellipse; of a digit other than 0 it is less than either.
    """
    places = np.argwhere(ndimage.binary_fill_holes(mask))
    spread = np.sqrt(np.linalg.det(np.cov(places.T) + np.eye(2) / 12))
    return bool(11.7 < len(places) / spread < 12.3)


def stroke_width(mask: np.ndarray) -> float:
    """Measure how wide strokes are, on average [pixels].

    Across a band, the mean distance to its rim is a quarter of its width.
    """
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))
    return 4 * float(depth[depth > 0].mean())


def _belonging(main: Patch, patches: list[Patch]) -> np.ndarray:
    """Join to the main piece what stands close by, as the bar of a 5; refuse a second digit."""
    away = ndimage.distance_transform_edt(~main.mask)  # [pixels] to the main piece
    kept = main.mask.copy()
    for patch in patches:
        gap = away[patch.mask].min() / max(main.sides)
        if gap <= CLOSE and patch.area > 0.02 * main.area:
            kept |= patch.mask
        elif patch.sides[0] > 0.5 * main.sides[0] and patch.area > 0.25 * main.area:
            raise SeveralDigitsError("holds more than one digit; cut out one of them")
    rows, columns = box_of(kept)
    ratio = (columns.stop - columns.start) / (rows.stop - rows.start)
    if ratio > WIDEST:
        excess = f"{ratio:.1f} times as wide as it is tall, and no digit is"
        raise SeveralDigitsError(f"what stands out is {excess}; cut out one digit, upright")
    return kept
