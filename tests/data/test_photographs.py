"""A photographed digit comes out as MNIST's are; what cannot be read is refused in words."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from dsconv_lib.data import (
    NoDigitError,
    PhotographError,
    SeveralDigitsError,
    load_optdigits,
    read_digit,
    to_input,
)
from dsconv_lib.networks import load_pretrained

HEIGHT, WIDTH = 600, 800
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH] / WIDTH
DIGITS = load_optdigits()
CHOSEN = [int((DIGITS.labels == label).nonzero()[k]) for label in range(10) for k in (0, 3)]


def written(row, size=300, top=60, left=400, ink=0.15, paper=0.9):
    """A large picture, 0 to 1, with one digit somewhere in it."""
    digit = Image.fromarray(DIGITS.images[row, 0].numpy())
    strokes = np.zeros((HEIGHT, WIDTH))
    strokes[top : top + size, left : left + size] = (
        np.asarray(digit.resize((size, size), Image.Resampling.BICUBIC)) > 127
    )
    strokes = ndimage.binary_erosion(strokes, iterations=size // 60)  # a pen, not a marker
    return paper + (ink - paper) * ndimage.gaussian_filter(strokes.astype(float), 1)


def stored(picture, tmp_path, name="digit.png", **options):
    file = tmp_path / name
    Image.fromarray((picture * 255).clip(0, 255).astype(np.uint8)).save(file, **options)
    return file


def texture(picture):
    noise = np.random.default_rng(0).normal(size=picture.shape)
    grain = ndimage.gaussian_filter(noise, 2)
    return picture * (1 + 0.02 * grain / max(grain.std(), 1e-6)) + 0.02 * noise


def specks(picture):
    dust = np.random.default_rng(1).random(picture.shape) < 40 / picture.size
    return np.where(ndimage.binary_dilation(dust, np.ones((7, 7))), 0.1, picture)


def desk(picture):
    sheet = (ROWS + COLUMNS / 20 > 0.08) & (ROWS - COLUMNS / 20 < 0.66)
    return np.where(sheet & (COLUMNS > 0.1) & (COLUMNS < 0.93), picture, 0.3)


CONDITIONS = {
    "dark on light": lambda p: p,
    "light on dark": lambda p: 1 - p,
    "grey on grey": lambda p: 0.4 + 0.2 * p,
    "paper": texture,
    "shade": lambda p: texture(p) * (1 - 0.8 * COLUMNS),
    "edge of a shadow": lambda p: texture(p) * np.where(COLUMNS + ROWS / 2 < 0.75, 0.5, 1),
    "vignette": lambda p: p * (1 - (ROWS - 0.375) ** 2 - (COLUMNS - 0.5) ** 2),
    "ruled": lambda p: p * np.where(np.arange(HEIGHT)[:, None] % 60 // 2 == 15, 0.8, 1),
    "specks": specks,
    "on a desk": lambda p: desk(texture(p)),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The chosen digits, read from pictures without any difficulty."""
    folder = tmp_path_factory.mktemp("plain")
    return torch.cat([read_digit(stored(written(row), folder)) for row in CHOSEN])


def difference(images, others):
    return (images.float() - others.float()).abs().mean(dim=(1, 2, 3)) / 255


def test_a_clean_picture_gives_the_original_back(plain):
    originals = DIGITS.images[CHOSEN]
    shifted = [
        difference(plain, originals.roll((down, right), dims=(2, 3)))
        for down in range(-3, 4)  # optdigits are not centred by mass
        for right in range(-3, 4)
    ]
    nearest = torch.stack(shifted).min(dim=0).values
    others = difference(plain, originals.roll(2, dims=0))  # of the next label
    assert nearest.mean() < 0.08
    assert (nearest < 0.8 * others).all()


def test_the_form_is_mnists(plain):
    for image in plain[:, 0].numpy():
        rows, columns = np.nonzero(image)
        sides = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert max(sides) == 20
        assert max(abs(mass - 14) for mass in ndimage.center_of_mass(image)) <= 0.51
    assert plain.dtype == torch.uint8
    assert plain.shape == (20, 1, 28, 28)
    assert plain.amax(dim=(1, 2, 3)).min() == 255


@pytest.mark.parametrize("condition", CONDITIONS)
def test_light_and_paper_hardly_change_what_is_read(condition, plain, tmp_path):
    rows = range(0, 20, 4)
    pictures = [CONDITIONS[condition](written(CHOSEN[row])) for row in rows]
    images = torch.cat([read_digit(stored(p, tmp_path, "p.jpg", quality=85)) for p in pictures])
    apart = difference(images, plain[list(rows)])
    assert apart.max() < 0.05, apart


@pytest.mark.parametrize(("size", "top", "left"), [(80, 10, 700), (590, 5, 100), (150, 440, 5)])
def test_size_and_place_hardly_change_what_is_read(size, top, left, plain, tmp_path):
    for row in range(0, 20, 5):
        image = read_digit(stored(written(CHOSEN[row], size, top, left), tmp_path))
        assert difference(image, plain[row : row + 1]) < 0.05


def test_the_pretrained_network_reads_most_of_them(plain):
    net, labels = load_pretrained(), DIGITS.labels[CHOSEN]
    right = (net(to_input(plain)).argmax(dim=1) == labels).sum()
    before = (net(to_input(DIGITS.images[CHOSEN])).argmax(dim=1) == labels).sum()
    assert right >= 15
    assert right >= before  # brought to MNIST's form, they are not read worse


def as_mode(picture, mode):
    grey = Image.fromarray((picture * 255).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((picture * 65535).astype(np.uint16))
    if mode == "F":
        return Image.fromarray(picture.astype(np.float32))
    if mode in INKS:  # on a transparent sheet
        alpha = Image.fromarray(((picture < 0.5) * 255).astype(np.uint8))
        return Image.merge("LA", (Image.new("L", grey.size, INKS[mode]), alpha)).convert("RGBA")
    return grey.convert("RGB").convert(mode)


INKS = {"dark": 20, "light": 240}
KINDS = ["1.png", "P.gif", "RGBA.png", "CMYK.jpg", "I;16.png", "F.tiff"]
KINDS += ["dark.png", "light.png", "RGB.webp", "RGB.bmp"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_gives_the_same_digit(kind, plain, tmp_path):
    as_mode(written(CHOSEN[5]), kind.split(".")[0]).save(tmp_path / kind)
    assert difference(read_digit(tmp_path / kind), plain[5:6]) < 0.03


def test_a_camera_held_sideways_is_set_upright(plain, tmp_path):
    picture = Image.fromarray((written(CHOSEN[4]) * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x112] = 6  # turn clockwise to view
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.jpg", exif=exif)
    assert difference(read_digit(tmp_path / "a.jpg"), plain[4:5]) < 0.03


def bar(height, width):
    picture = np.ones((HEIGHT, WIDTH))
    picture[100 : 100 + height, 100 : 100 + width] = 0.1
    return picture


@pytest.mark.parametrize(("width", "columns"), [(2, 2), (6, 2), (60, 3), (160, 6)])
def test_strokes_end_within_mnists_range(width, columns, tmp_path):
    image = read_digit(stored(bar(400, width), tmp_path))[0, 0] / 255
    assert abs(image[14].sum() - columns) < 0.8


def test_two_digits_and_a_long_line_are_refused(tmp_path):
    picture = np.minimum(written(CHOSEN[0], left=50), written(CHOSEN[4], left=420))
    with pytest.raises(SeveralDigitsError, match=r"digit\.png: holds more than one digit"):
        read_digit(stored(picture, tmp_path))
    with pytest.raises(SeveralDigitsError, match=r"30\.0 times as wide as it is tall"):
        read_digit(stored(bar(20, 600), tmp_path))


@pytest.mark.parametrize("empty", [np.ones, np.zeros, lambda s: texture(0.8 * np.ones(s))])
@pytest.mark.parametrize("shape", [(600, 800), (28, 28), (1, 1)])
def test_a_blank_picture_is_refused(empty, shape, tmp_path):
    with pytest.raises(NoDigitError, match="nothing stands out: ink must differ"):
        read_digit(stored(empty(shape), tmp_path))


def test_files_that_are_no_images_are_refused_in_words(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader")
    (tmp_path / "empty.png").touch()
    whole = stored(written(CHOSEN[0]), tmp_path)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:2_000])
    for name, reason in {
        "letter.txt": "is not an image that Pillow can read",
        "empty.png": "is not an image that Pillow can read",
        "cut.png": "is damaged",
        "missing.png": "there is no such file",
        "": "is a folder",
    }.items():
        with pytest.raises(PhotographError, match=f"^{tmp_path / name}: {reason}"):
            read_digit(tmp_path / name)


@pytest.mark.parametrize("most", [400_000, 200_000])  # 480,000 pixels: Pillow warns, then refuses
def test_a_decompression_bomb_is_refused(most, tmp_path, monkeypatch):
    file = stored(written(CHOSEN[0]), tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    with pytest.raises(PhotographError, match=f"more than {most:,} pixels"):
        read_digit(file)
