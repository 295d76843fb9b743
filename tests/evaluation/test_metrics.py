"""Each score agrees with a count made another way."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st

from dsconv_lib.data import load_optdigits
from dsconv_lib.evaluation import (
    accuracy_interval,
    calibration_bins,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
    fit_temperature,
    predict_logits,
)
from dsconv_lib.networks import DSNet
from dsconv_lib.training import evaluate

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60)


@settings(max_examples=100)
@given(PAIRS)
def test_a_confusion_matrix_counts_every_pair_once(pairs):
    labels, predictions = torch.tensor(pairs).T
    counts = confusion_matrix(labels, predictions)
    for row in range(10):
        for column in range(10):
            assert counts[row, column] == pairs.count((row, column))


@settings(max_examples=100)
@given(PAIRS)
def test_scores_follow_from_their_definitions(pairs):
    labels, predictions = torch.tensor(pairs).T
    scores = class_scores(labels, predictions)
    for k in range(10):
        hits = pairs.count((k, k))
        there, read = (labels == k).sum().item(), (predictions == k).sum().item()
        assert scores.support[k] == there
        assert scores.recall[k] == pytest.approx(hits / there if there else 0)
        assert scores.precision[k] == pytest.approx(hits / read if read else 0)
        assert scores.f1[k] == pytest.approx(2 * hits / (there + read) if there + read else 0)


def test_logits_are_the_models_own(tmp_path):
    torch.manual_seed(0)
    digits, model = load_optdigits().split("test"), DSNet(width=4)
    logits = predict_logits(model, digits, batch_size=64)
    assert logits.shape == (500, 10)
    right = (logits.argmax(1) == digits.labels).double().mean().item()
    assert right == evaluate(model, digits)
    assert model.training


def calibrated_logits(count, temperature):
    """Draw labels from the very probabilities that the logits give at temperature 1."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(count, 10, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    return logits * temperature, labels


def test_honest_confidence_has_almost_no_calibration_error():
    assert expected_calibration_error(*calibrated_logits(50_000, 1.0)) < 0.01


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
def test_temperature_scaling_finds_what_was_done_to_the_logits(temperature):
    logits, labels = calibrated_logits(20_000, temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert torch.equal((logits / found).argmax(1), logits.argmax(1))
    before, after = (expected_calibration_error(z, labels) for z in (logits, logits / found))
    assert after <= before + 0.005


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    hits = (torch.rand(2000, 500, generator=generator) < 0.97).sum(1)
    covered = [low <= 0.97 <= high for low, high in (accuracy_interval(int(h), 500) for h in hits)]
    assert 0.93 < sum(covered) / 2000 < 0.97


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((-1, 10), "right=-1"), ((11, 10), "count=10"), ((5, 10, 1.5), "level=1.5")],
)
def test_an_interval_refuses_nonsense(arguments, message):
    with pytest.raises(ValueError, match=message):
        accuracy_interval(*arguments)


@pytest.mark.parametrize("score", [confusion_matrix, class_scores])
def test_labels_and_answers_come_in_pairs(score):
    with pytest.raises(ValueError, match="3 labels and 2 answers"):
        score(torch.zeros(3), torch.zeros(2))
    with pytest.raises(ValueError, match="0 labels"):
        score(torch.zeros(0), torch.zeros(0))
