"""Two processes train one network as one process does, and a lost one ends with an error.

About 15 s: torchrun and every process of its two teams import PyTorch.
"""

import os
import re
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from dsconv_lib.cli import main
from dsconv_lib.training import Team, TeamError, join_team

BOOK = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
SMALL = "--data optdigits --width 4 --dilations 1,2 --epochs 1 --batch-size 150 --lr 0.005"
TRAIN = ["train", *SMALL.split()]
GRADIENTS = """
import os, sys, time, torch
from dsconv_lib.training import join_team
from dsconv_lib.networks import DSNet

torch.manual_seed(0)
net = DSNet(width=4, dilations=(1, 2))
for weight in net.parameters():  # those of batch normalisation begin as ones and zeros
    weight.data += 0.1 * torch.randn_like(weight)
x, labels = torch.randn(9, 1, 8, 8), torch.randint(10, (9,))
with join_team(patience=20) as team:
    answer = team.unite(net)
    torch.nn.functional.cross_entropy(answer(x), labels).backward()
    if team.first:
        state = {name: weight.grad for name, weight in net.named_parameters()}
        state |= {**dict(net.named_buffers()), "answer": net.eval()(x)}
        torch.save(state, sys.argv[1])
    if team.size > 1:  # then wait to be killed
        os.write(1, f"pid {team.rank} {os.getpid()}\\n".encode())  # in one piece, unlike print
        for _ in range(2000):
            time.sleep(0.01)
            torch.distributed.all_reduce(torch.ones(1))
"""


def torchrun(*words) -> dict:
    """What starts a team of two on this machine; a free port is found by torchrun itself."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return {"args": [*command, *map(str, words)], "cwd": BOOK, "env": ENVIRONMENT, **said}


def test_the_shares_of_a_batch_are_the_batch():
    batch = torch.arange(10)
    for size in (1, 2, 3, 4):
        shares = [Team(rank, size).share(batch) for rank in range(size)]
        assert torch.equal(torch.cat(shares), batch)
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_fewer_digits_than_processes_are_refused():
    with pytest.raises(ValueError, match="a batch of 3 for 4 processes"):
        Team(0, 4).share(torch.arange(3))


def test_alone_everything_stays_as_it_is():
    net, x = nn.Linear(2, 2), torch.ones(3)
    with join_team() as team:
        assert team == Team(0, 1) and team.first
        assert team.unite(net) is net
        assert team.share(x).equal(x)


def kill_second(process) -> str:
    """Kill process 1 once both have said who they are; return what was said until then."""
    pids, said = {}, ""
    for line in process.stdout:
        said += line
        pids |= re.findall(r"^pid (\d) (\d+)", line)
        if len(pids) == 2:
            os.kill(int(pids["1"]), signal.SIGKILL)
            break
    return said


def test_two_processes_find_what_one_does_and_a_killed_one_ends_both(tmp_path, monkeypatch):
    one, two, file = tmp_path / "one.pt", tmp_path / "two.pt", tmp_path / "program.py"
    file.write_text(GRADIENTS)
    with subprocess.Popen(**torchrun(file, two), start_new_session=True) as process:
        try:
            said = kill_second(process)
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert "Warning" not in said
    assert process.returncode != 0 and re.search("TeamError|SIGKILL", rest), said + rest
    monkeypatch.setattr(sys, "argv", [str(file), str(one)])
    runpy.run_path(file)
    expected, found = torch.load(one), torch.load(two)
    assert expected.keys() == found.keys()
    for name, value in expected.items():  # shares of 5 and 4: not equal
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_the_command_line_trains_in_two_processes_to_the_weights_of_one(tmp_path):
    one, two, run = tmp_path / "one.pt", tmp_path / "two.pt", tmp_path / "run.pt"
    assert main([*TRAIN, "--save", str(one)]) == 0
    words = "-m", "dsconv_lib", *TRAIN, "--save", two, "--checkpoint", run
    done = subprocess.run(**torchrun(*words), timeout=120)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Network: ") == 1  # the second process is silent
    assert done.stdout.count("Stored in") == 1
    expected, found = (torch.load(file)["model"] for file in (one, two))
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-3, msg=name)
    assert len(torch.load(run)["rows"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pt", "run.pt", "two.pt"]


def test_a_process_whose_team_never_comes_says_so(monkeypatch):
    there = "RANK=1 WORLD_SIZE=2 LOCAL_RANK=1 GROUP_WORLD_SIZE=1 MASTER_PORT=9"  # nobody listens
    for pair in there.split():
        monkeypatch.setenv(*pair.split("="))
    started = time.monotonic()
    with pytest.raises(TeamError, match="process 1 of 2"), join_team(patience=2):
        pass
    assert time.monotonic() - started < 30


def test_an_error_of_another_kind_is_left_as_it_is():
    with pytest.raises(RuntimeError, match="shapes"), join_team():
        raise RuntimeError("shapes do not fit")
