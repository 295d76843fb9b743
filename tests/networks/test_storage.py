"""What is stored comes back as it was; a file that is damaged or foreign is named and kept."""

from io import BytesIO

import pytest
import torch

from dsconv_lib.networks import (
    DSNet,
    SegNet,
    TiedNet,
    TwoScaleNet,
    load_net,
    load_pretrained,
    save_net,
)
from dsconv_lib.networks.storage import KINDS, CheckpointError, load_checkpoint, save_checkpoint

NETS = {
    "DSNet": lambda: DSNet(width=4, dilations=(1, 3, 2), num_classes=7, head_kernel=7),
    "SegNet": lambda: SegNet(8, (1,), aspp=(2, 4), branch=3),
    "TiedNet": lambda: TiedNet((3, 3, 5), ((1, 2), (1,)), head_kernel=7),
    "TwoScaleNet": lambda: TwoScaleNet(8, 12, near=(1,), far=(1, 2)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_net_answers_as_before(kind, tmp_path):
    torch.manual_seed(0)
    net, x = NETS[kind]().eval(), torch.randn(2, 1, 28, 28)
    save_net(net, tmp_path / "net.pt")
    again = load_net(tmp_path / "net.pt")
    assert type(again).__name__ == kind and again.shape == net.shape
    assert torch.equal(again(x), net(x))
    assert not again.training


def test_the_same_net_gives_the_same_bytes_under_any_name(tmp_path):
    net = DSNet(width=4)
    for name in ("first.pt", "second.pt"):
        save_net(net, tmp_path / name)
    assert (tmp_path / "first.pt").read_bytes() == (tmp_path / "second.pt").read_bytes()


def test_the_pretrained_net_is_a_new_one_each_time():
    first, second = load_pretrained(), load_pretrained()
    with torch.no_grad():
        first.head.weight.zero_()
    assert second.head.weight.any()


@pytest.mark.parametrize(
    "state",
    [
        {"model": {}, "net": {"width": 4}},
        {"kind": "DSNet", "net": {}, "model": {}},
        {"kind": "SegNet", "net": {"width": 0}, "model": {}},
        {"kind": "Perceptron", "net": {}, "model": {}},
        {"rows": []},
    ],
)
def test_a_file_without_a_net_is_refused(state, tmp_path):
    save_checkpoint(state, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match="holds none of DSNet, SegNet, TwoScaleNet"):
        load_net(tmp_path / "other.pt")


def as_bytes(state):
    torch.save(state, file := BytesIO())
    return file.getvalue()


DAMAGED = {
    "empty": b"",
    "foreign": b"not a checkpoint",
    "another pickle": b"\x80\x04.",
    "truncated": as_bytes({"rows": [1]})[:500],
    "it would run code": as_bytes({"model": as_bytes, "print": print}),
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_is_no_checkpoint_is_named_and_kept(tmp_path, content):
    file = tmp_path / "letter.txt"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"letter\.txt is not a whole checkpoint"):
        load_checkpoint(file)
    assert file.read_bytes() == content


def test_a_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    file = tmp_path / "run.pt"
    save_checkpoint({"rows": [1]}, file)

    def full_disk(state, open_file):
        open_file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint({"rows": [1, 2]}, file)
    assert load_checkpoint(file) == {"rows": [1]}
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        save_checkpoint({}, tmp_path / "nowhere" / "run.pt")
