"""The benchmarks race the networks they name, and every script says how it is used."""

import importlib
import runpy
import sys

import pytest
import torch
import torch.nn.functional as F

from dsconv_lib.data import load_optdigits, make_canvases
from dsconv_lib.evaluation import evaluate, label_pixels
from dsconv_lib.networks import SegNet, count_weights, load_net
from dsconv_lib.studies import find_benchmarks, load_results

BENCHMARKS = find_benchmarks()
FILES = sorted(BENCHMARKS.glob("*.py"))
SCRIPTS = [file.stem for file in FILES if "(__file__, " in file.read_text(encoding="utf-8")]
BATCH = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def script(monkeypatch):
    """Import a benchmark by name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield importlib.import_module
    for file in FILES:
        sys.modules.pop(file.stem, None)


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


def test_all_studies_are_in_the_queue_and_those_of_time_come_last(script):
    names = script("all_studies").list_studies()
    assert sorted(names) == SCRIPTS
    assert names[0] == "teachers" and names[-2:] == ["time_to_99", "speed"]


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


def test_every_net_of_the_frontier_keeps_to_its_size(script):
    study = script("frontier")
    for name, build in study.NETS.items():
        size = int(name.split(",")[0]) if name.startswith("600") else 1000 * int(name[0])
        assert count_weights(build()) <= size, name


def test_nets_side_by_side_answer_and_learn_as_each_would_alone(script):
    lockstep, x, labels = (
        script("lockstep"),
        torch.rand(6, 2, 28, 28),
        torch.arange(12).view(6, 2) % 10,
    )
    for build in script("frontier").NETS.values():
        torch.manual_seed(0)
        alone = [build().double() for _ in range(2)]
        together = lockstep.stack(alone).double()
        logits = together(x.double()).view(6, 2, 10)
        F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum").backward()
        for at, net in enumerate(alone):
            own = net(x[:, at : at + 1].double())
            torch.testing.assert_close(own, logits[:, at])
            F.cross_entropy(own, labels[:, at], reduction="sum").backward()
            slopes = dict(net.named_parameters())
            for name, weight in together.named_parameters():
                torch.testing.assert_close(weight.grad.chunk(2)[at], slopes[name].grad)


def test_studies_are_trained_side_by_side_and_stored(script, monkeypatch, tmp_path):
    lockstep, study = script("lockstep"), script("tied_rates")
    digits = load_optdigits()
    monkeypatch.setattr(lockstep, "load_mnist", lambda: digits)
    lockstep.validation_digits.cache_clear()
    (tmp_path / "results").mkdir()
    cases = [{"dilations": [1, 2], "seed": seed} for seed in (0, 1)]
    for _ in range(2):  # the second time there is nothing left to train
        lockstep.study_together(tmp_path / "few.py", "a try", cases, study.task, study.measure, 8)
    rows = load_results("few", tmp_path / "results")
    assert rows.values("seed") == [0, 1]
    assert min(rows.values("validation")) > 0.15
    lockstep.validation_digits.cache_clear()


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
    wanted += [("net", way, {"batch": 2, "layout": "channels last"}) for way in speed.NETS]
    for sweep, layer, case in wanted:
        found = speed.measure(sweep, layer=layer, round=0, **case)
        assert found["forward"] > 0, (sweep, layer)
        assert found["both"] is None if layer == "folded" else found["both"] > 0, (sweep, layer)


def test_what_a_busy_machine_measured_is_dropped_and_measured_again(script, monkeypatch):
    speed, calls = script("speed"), []
    monkeypatch.setattr(speed, "measure", lambda **case: calls.append(case) or {"forward": 1})
    monkeypatch.setattr(speed.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(speed.Canary, "sing", lambda self: 100.0)
    canary = speed.Canary()
    peaks = iter([100.0, 50.0, 80.0, 100.0, 95.0, 90.0])
    monkeypatch.setattr(speed.Canary, "sing", lambda self: next(peaks))
    assert canary.watch(sweep="net") == {"forward": 1, "peak": 0.9}
    assert calls == [{"sweep": "net"}] * 3
    monkeypatch.setattr(speed.Canary, "sing", lambda self: 50.0)
    with pytest.raises(RuntimeError, match="always below 85% of the usual: stop what"):
        canary.watch(sweep="net")


def test_no_speed_was_measured_while_something_else_was_running(script):
    study, speed = load_results("speed"), script("speed")
    assert min(study.values("peak")) >= speed.QUIET
    assert len(study.rows) == len(speed.cases(5))


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


def test_each_net_of_the_ablation_ran_at_its_best_rate_which_is_no_edge_of_the_grid(script):
    ablation, study = script("ablation"), load_results("ablation")
    for net in ablation.NETS:
        rate = ablation.best_rate(net)
        assert {*study.where(net=net).values("lr")} == {rate}
        assert ablation.RATES[0] < rate < ablation.HIGHER[-1]


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
