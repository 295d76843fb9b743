"""The benchmarks race the networks they name, and every script says how it is used."""

import importlib
import runpy
import sys

import pytest
import torch

from dsconv_lib.data import load_optdigits, make_canvases, to_input
from dsconv_lib.evaluation import evaluate, label_pixels
from dsconv_lib.networks import SegNet, count_weights, load_net
from dsconv_lib.studies import find_benchmarks

BENCHMARKS = find_benchmarks()
SCRIPTS = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
BATCH = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def script(monkeypatch):
    """Import a benchmark by name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield importlib.import_module
    for name in SCRIPTS:
        sys.modules.pop(name, None)


@pytest.fixture
def start(script, monkeypatch, capsys):
    """Start a benchmark as from the command line; return how it ended and what it said."""

    def run(name, *words):
        path = str(BENCHMARKS / f"{name}.py")
        monkeypatch.setattr(sys, "argv", [path, *words])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(path, run_name="__main__")
        return stop.value.code, "".join(capsys.readouterr())

    return run


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_has_help_that_says_what_it_measures_and_names_its_options(name, start):
    code, text = start(name, "--help")
    assert code == 0
    assert f"    python benchmarks/{name}.py [--seeds " in text
    assert "--threads THREADS" in text


def test_nonsense_on_the_command_line_is_refused(start):
    code, text = start("loading", "--seeds", "0")
    assert code == 2
    assert "0 seeds, 2 threads; both must be at least 1" in text


@pytest.mark.parametrize(
    ("contender", "count"),
    [("PyTorch's example", 1_199_882), ("train_mnist_fast", 215_194), ("DSNet", 7_514)],
)
def test_the_contenders_have_the_number_of_weights_that_the_book_names(script, contender, count):
    build, _ = script("time_to_99").CONTENDERS[contender]
    net = build()
    assert count_weights(net) == count
    assert net(BATCH).shape == (2, 10)


def test_five_looks_of_at_most_eight_thousand_weights_average_shifted_digits(script):
    study, digits = script("accuracy_per_weight"), load_optdigits().split("test")
    assert count_weights(study.DSNet(study.BEST, **study.SHAPE)) <= 8_000  # the goal
    torch.manual_seed(0)
    net = study.DSNet(4, **study.SHAPE).eval()
    answers = study.read_test(net, digits)
    assert answers["test"] == evaluate(net, digits)
    x = torch.stack([digits.images.roll(shift, (2, 3)) for shift in study.LOOKS])
    with torch.no_grad():
        p = torch.stack([net(to_input(images)).log_softmax(1) for images in x]).mean(0)
    right = (p.argmax(1) == digits.labels).float().mean().item()
    assert answers["test_five_looks"] == pytest.approx(right, abs=0.005)  # ties, by rounding


def test_looks_at_canvases_are_shifted_back_before_they_are_averaged(script):
    torch.manual_seed(0)
    study, net = script("dense_best"), SegNet(4, (1, 2)).eval()
    canvases = make_canvases(load_optdigits(), 3).images
    study.LOOKS = [(1, -2)]  # the net has no stride: only the edge may differ
    plain, shifted = (label_pixels(each, canvases) for each in (net, study.SeveralLooks(net)))
    assert torch.equal(plain[:, 8:-8, 8:-8], shifted[:, 8:-8, 8:-8])


def test_a_polyphase_layer_is_the_dilated_layer_that_it_wraps(script):
    speed, x = script("speed"), torch.randn(2, 4, 8, 8)
    conv = speed.build("depthwise", 4, dilation=2)
    torch.testing.assert_close(speed.Polyphase(conv)(x), conv(x), rtol=1e-4, atol=1e-5)


def test_layers_rewrites_and_nets_can_be_timed(script):
    speed = script("speed")
    speed.AT_LEAST = 1e-6
    small = {"width": 4, "size": 8, "batch": 1, "dilation": 2, "layout": "channels last"}
    wanted = [("layers", kind, small) for kind in speed.KINDS if kind != "pointwise"]
    wanted += [("polyphase", way, small) for way in ("dilated", "polyphase", "already split")]
    wanted += [("net", way, {"batch": 1, "layout": "channels last"}) for way in speed.NETS]
    for sweep, layer, case in wanted:
        found = speed.measure(sweep, layer=layer, round=0, **case)
        assert found["forward"] > 0, (sweep, layer)
        assert found["both"] is None if layer == "folded" else found["both"] > 0, (sweep, layer)


@pytest.mark.parametrize("contender", ["train_mnist_fast", "train_mnist_fast, channels last"])
def test_the_fast_contender_learns_real_digits(script, contender):
    build, train = script("time_to_99").CONTENDERS[contender]
    torch.manual_seed(0)
    net, digits = build(), load_optdigits().split("train")
    for _ in range(8):
        assert next(train(net, digits, 0)) is None
    assert evaluate(net, digits) > 0.5  # chance is 0.1


def test_a_dense_twin_can_do_all_that_the_separable_layer_does(script):
    ablation = script("ablation")
    torch.manual_seed(0)
    net = ablation.build("separable, dilated").eval()
    layer = net.far[1].conv
    twin, x = ablation.dense_twin(layer), torch.randn(2, 48, 9, 9)
    twin.weight.data = layer.pointwise.weight * layer.depthwise.weight.transpose(0, 1)
    assert torch.allclose(twin(x), layer(x), atol=1e-5)


def test_the_nets_of_the_ablation_differ_in_what_they_claim(script):
    ablation = script("ablation")
    count = {name: count_weights(ablation.build(name)) for name in ablation.NETS}
    assert count["separable"] == count["separable, dilated"] == 7_514
    assert count["dense"] == count["dense, dilated"] > 6 * count["separable"]
    assert abs(count["dense, as many weights"] - count["separable"]) < 600
    assert all(ablation.build(name)(BATCH).shape == (2, 10) for name in ablation.NETS)


def test_each_measure_against_overfitting_takes_as_many_steps(script):
    measures = script("generalisation").MEASURES.values()
    steps = {m.recipe.epochs * (m.digits // m.recipe.batch_size) for m in measures}
    assert max(steps) - min(steps) <= 0.04 * max(steps)


def test_the_stored_variants_are_those_that_the_script_trains(script):
    variants = script("variants")
    nets = [load_net(path) for path in sorted(variants.NETS.glob("*.pt"))]
    assert sorted((net.width, net.dilations) for net in nets) == sorted(variants.SHAPES)
    accuracies = [evaluate(net, load_optdigits()) for net in nets]
    assert min(accuracies) > 0.3  # chance is 0.1
