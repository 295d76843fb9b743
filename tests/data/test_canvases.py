"""Canvases are made by seed, labelled by the ink one sees, and refuse what cannot be drawn."""

import pytest
import torch

from dsconv_lib.data import CanvasStream, Digits, load_optdigits, make_canvases

DIGITS = load_optdigits().split("train")


def squares(label: int) -> Digits:
    """Digits whose ink fills their middle 20 by 20 pixels."""
    images = torch.zeros(3, 1, 28, 28, dtype=torch.uint8)
    images[:, :, 4:24, 4:24] = 255
    return Digits(images, torch.full((3,), label), "squares")


def test_the_same_seed_gives_the_same_canvases_and_another_seed_others():
    first, again, other = (make_canvases(DIGITS, 4, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)


def test_a_pixel_is_background_exactly_where_it_has_less_than_half_ink():
    canvases = make_canvases(DIGITS, 50, size=96)
    assert canvases.images.shape == (50, 1, 96, 96) and canvases.labels.shape == (50, 96, 96)
    assert canvases.images.dtype == canvases.labels.dtype == torch.uint8
    ink = canvases.images[:, 0].float() / 255
    sure = (ink - 0.5).abs() > 1 / 255  # stored in whole steps
    assert torch.equal((canvases.labels > 0)[sure], (ink > 0.5)[sure])


@pytest.mark.parametrize("label", [0, 7])
def test_only_the_labels_of_the_digits_given_occur(label):
    assert make_canvases(squares(label), 3).labels.unique().tolist() == [0, 1 + label]


@pytest.mark.parametrize("side", [(28, 28), (20, 20)])
def test_one_digit_has_the_size_asked_for_and_lies_wholly_on_the_canvas(side):
    canvases = make_canvases(squares(1), 20, count=(1, 1), side=side)
    wanted = side[0] * 20 / 28
    for labels in canvases.labels:
        rows, columns = labels.nonzero(as_tuple=True)
        assert abs(rows.max() - rows.min() + 1 - wanted) <= 1
        assert abs(columns.max() - columns.min() + 1 - wanted) <= 1
        assert abs(len(rows) - wanted**2) <= 2 * wanted + 1


def test_the_number_of_digits_varies_between_the_ends():
    areas = [
        (make_canvases(squares(1), 30, size=200, count=count, side=(20, 20)).labels > 0).sum()
        for count in [(1, 1), (2, 2), (1, 2)]
    ]
    assert areas[0] < areas[2] < areas[1] <= 2.3 * areas[0]


def test_digits_touch_and_overlap():
    canvases = make_canvases(squares(1), 40, count=(8, 8), side=(20, 20))
    covered = (canvases.labels > 0).sum(dim=(1, 2)) / (8 * (20 * 20 / 28) ** 2)
    assert covered.min() < 0.95  # some share pixels
    assert covered.max() > 0.8  # and some stand apart


def test_where_two_overlap_the_darker_one_owns_the_pixel():
    pale = squares(1)
    images = pale.images.clone()
    images[1] = images[1] // 3 * 2  # paler than half ink would be 127: this one has 170
    digits = Digits(images[:2], torch.tensor([1, 2]), "dark and pale")
    canvases = make_canvases(digits, 60, size=40, count=(6, 6), side=(28, 28))
    inside = canvases.images[:, 0]
    assert set(canvases.labels[inside > 200].tolist()) == {2}
    assert set(canvases.labels[(inside > 140) & (inside < 169)].tolist()) <= {2, 3}
    assert set(canvases.labels[inside == 170].tolist()) >= {3}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"digits": DIGITS.take([])}, "digits=0"),
        ({"number": 0}, "number=0"),
        ({"size": 0}, "size=0"),
        ({"count": (5, 3)}, r"count=\(5, 3\)"),
        ({"count": (0, 3)}, "0, but it must be a whole number, 1 or more"),
        ({"side": (30, 20)}, r"side=\(30, 20\)"),
        ({"size": 32, "side": (20, 34)}, "fit on a canvas of size=32"),
    ],
)
def test_nonsense_is_refused_with_the_numbers(wrong, words):
    with pytest.raises(ValueError, match=words):
        make_canvases(**{"digits": DIGITS, "number": 2, **wrong})


def test_a_stream_deals_the_canvases_of_a_seed_in_batches_that_are_full():
    stream = CanvasStream(DIGITS, per_epoch=10, count=(1, 2))
    batches = list(stream.batches(4, torch.Generator().manual_seed(7)))
    assert [len(images) for images, _ in batches] == [4, 4]
    images, labels = map(torch.cat, zip(*batches, strict=True))
    canvases = make_canvases(DIGITS, 10, seed=7, count=(1, 2))
    assert torch.equal(images, canvases.images[:8])
    assert torch.equal(labels, canvases.labels[:8])
    assert labels.dtype == torch.int64 and len(stream) == 10
