"""Each score agrees with a count made another way."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from sklearn import metrics
from torch import nn

from dsconv_lib.data import load_optdigits, make_canvases, to_input
from dsconv_lib.evaluation import (
    accuracy_interval,
    calibration_bins,
    class_iou,
    confusion_matrix,
    evaluate,
    expected_calibration_error,
    fit_temperature,
    holm,
    label_pixels,
    mean_iou,
    paired_difference,
    predict_logits,
)
from dsconv_lib.networks import DSNet, SegNet

DIGITS = load_optdigits().split("train")


@pytest.mark.parametrize("model", [DSNet(width=4), SegNet(4, (1, 2))])
def test_logits_are_the_models_own_and_it_is_left_as_it_was(model):
    before, images = copy.deepcopy(model.state_dict()), DIGITS.images[:100]
    logits = predict_logits(model, images, batch_size=30)
    assert model.training
    assert all(torch.equal(now, before[name]) for name, now in model.state_dict().items())
    with torch.no_grad():
        torch.testing.assert_close(logits, model.eval()(to_input(images)), rtol=1e-4, atol=1e-4)


def test_evaluation_counts_what_argmax_says():
    class Oracle(nn.Linear):
        def forward(self, x):
            return nn.functional.one_hot(self.answers, 10).float()

    oracle, digits = Oracle(1, 1), DIGITS.take(slice(200))
    oracle.answers = digits.labels.clone()
    assert evaluate(oracle, digits) == 1.0
    oracle.answers[:50] = (oracle.answers[:50] + 1) % 10
    assert evaluate(oracle, digits) == 0.75


def calibrated_logits(count, temperature):
    """Draw labels from the very probabilities that the logits give at temperature 1."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(count, 10, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    return logits * temperature, labels


def test_bins_hold_each_sample_once_by_its_confidence_and_an_empty_bin_has_no_mean():
    logits = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [1.0, 0.0]]).log()
    confidence, accuracy, counts = calibration_bins(logits, torch.tensor([0, 1, 1, 0]), bins=4)
    assert counts.tolist() == [0, 0, 2, 2]
    assert confidence[2:].tolist() == pytest.approx([(0.6 + 0.7) / 2, (0.9 + 1.0) / 2])
    assert accuracy[2:].tolist() == [0.5, 1.0]
    assert confidence[:2].isnan().all() and accuracy[:2].isnan().all()


def test_a_sure_and_wrong_model_has_calibration_error_one():
    logits = 50.0 * F.one_hot(torch.zeros(20, dtype=torch.int64), 10)
    assert expected_calibration_error(logits, torch.ones(20, dtype=torch.int64)) == pytest.approx(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_scaling_makes_confidence_honest_again_and_changes_no_answer(temperature):
    logits, labels = calibrated_logits(50_000, temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert torch.equal((logits / found).argmax(1), logits.argmax(1))
    assert expected_calibration_error(logits / found, labels) < 0.01


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    hits = (torch.rand(2000, 500, generator=generator) < 0.97).sum(1)
    covered = [low <= 0.97 <= high for low, high in (accuracy_interval(int(h), 500) for h in hits)]
    assert 0.93 < sum(covered) / 2000 < 0.97


@pytest.mark.parametrize("shapes", [(3, 2), (0, 0), ((2, 3), (3, 2))])
def test_labels_and_answers_come_in_pairs_of_classes_that_there_are(shapes):
    with pytest.raises(ValueError, match="give as many of each, one at least"):
        confusion_matrix(*map(torch.zeros, shapes))
    with pytest.raises(ValueError, match="class 3, but num_classes=3"):
        confusion_matrix(torch.tensor([0, 1]), torch.tensor([3, 1]), num_classes=3)


def test_confusion_and_iou_agree_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    labels, answers = torch.randint(0, 11, (2, 3, 20, 20), generator=generator)
    pairs, confusion = (labels.flatten(), answers.flatten()), confusion_matrix(labels, answers, 11)
    assert confusion.tolist() == metrics.confusion_matrix(*pairs).tolist()
    theirs = metrics.jaccard_score(*pairs, average=None)
    assert class_iou(confusion).tolist() == pytest.approx(theirs.tolist())
    assert mean_iou(confusion) == pytest.approx(theirs.mean())


def test_a_class_that_is_nowhere_does_not_count():
    confusion = confusion_matrix(torch.tensor([0, 1]), torch.tensor([0, 1]), 11)
    assert class_iou(confusion).isnan().sum() == 9
    assert mean_iou(confusion) == 1.0


def test_the_label_of_a_pixel_is_the_class_of_its_highest_logit():
    torch.manual_seed(0)
    net, images = SegNet(4, (1, 2)), make_canvases(DIGITS, 60).images
    answers = label_pixels(net, images)
    assert torch.equal(answers, predict_logits(net, images).argmax(dim=1))
    assert answers.shape == (60, 64, 64)


def test_a_paired_interval_is_the_mean_give_or_take_students_factor():
    first, second = [0.9, 0.8, 0.95, 0.7, 0.85], [0.85, 0.78, 0.9, 0.72, 0.8]
    gaps = torch.tensor(first) - torch.tensor(second)
    found = paired_difference(first, second)
    assert found.mean == pytest.approx(gaps.mean().item())
    assert found.reach == pytest.approx(2.776445 * gaps.std().item() / 5**0.5, rel=1e-4)
    edge = paired_difference(first, second, level=1 - found.p)  # just touches zero
    assert edge.reach == pytest.approx(abs(found.mean))


def test_a_paired_interval_covers_the_truth_about_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    shared = 5 * torch.randn(1000, 4, generator=generator)  # by both rows of a pair
    noise = torch.randn(2, 1000, 4, generator=generator)
    pairs = zip((shared + 1 + noise[0]).tolist(), (shared + noise[1]).tolist(), strict=True)
    found = [paired_difference(*pair) for pair in pairs]
    assert 0.93 < sum(abs(each.mean - 1) < each.reach for each in found) / 1000 < 0.97


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_step_by_step_what_its_p_values_say(p_values):
    for level in (0.01, 0.05, 0.3):
        rejected = set()
        for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[place] * (len(p_values) - rank) > level:
                break  # the first that stays stops the procedure
            rejected.add(place)
        assert {i for i, p in enumerate(holm(p_values)) if p <= level} == rejected


def test_a_paired_difference_refuses_one_pair_and_half_a_pair():
    with pytest.raises(ValueError, match="pairs=1"):
        paired_difference([1.0], [2.0])
    with pytest.raises(ValueError, match="2 and 1"):
        paired_difference([1.0, 2.0], [1.0])
