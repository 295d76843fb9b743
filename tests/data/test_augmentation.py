"""Augmentation moves each digit a little, by amounts of its own, and keeps paper paper."""

import pytest
import torch

from dsconv_lib.data import load_optdigits, random_affine, to_input

IMAGES = load_optdigits().images


def affine(x, **amounts):
    still = {"degrees": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
    return random_affine(x, torch.Generator().manual_seed(0), **{**still, **amounts})


def test_an_affine_map_of_nothing_changes_nothing():
    x = to_input(IMAGES[:16])
    torch.testing.assert_close(affine(x), x, atol=1e-4, rtol=0)


@pytest.mark.parametrize("amount", [{"degrees": 8}, {"scale": 0.1}, {"shear": 0.1}, {"shift": 2}])
def test_each_image_moves_by_an_amount_of_its_own(amount):
    x = to_input(IMAGES[:1]).expand(8, 1, 28, 28)
    moved = affine(x, **amount)
    assert moved.shape == x.shape
    assert len(moved.flatten(1).unique(dim=0)) == 8
    paper = to_input(torch.zeros(8, 1, 28))
    torch.testing.assert_close(moved[:, :, 0], paper)  # the rim stays paper


def test_a_shift_moves_ink_by_at_most_its_amount():
    x = IMAGES[:32] / 255
    columns = torch.arange(28.0)

    def centre(images):
        ink = images.sum(dim=(1, 2))  # (N, 1, 28, 28) -> (N, 28)
        return (ink * columns).sum(1) / ink.sum(1)

    moved = (centre(affine(x, shift=1.5)) - centre(x)).abs()
    assert moved.max() <= 1.6
    assert moved.max() > 1.0


def test_input_has_mean_zero_and_spread_one_for_mnists_ink():
    ink = torch.tensor([0.1307, 0.1307 + 0.3081]) * 255
    torch.testing.assert_close(to_input(ink), torch.tensor([0.0, 1.0]))
