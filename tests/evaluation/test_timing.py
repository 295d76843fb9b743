"""Timings are medians with quartiles, and rooflines bound."""

import pytest
import torch

from dsconv_lib.evaluation import Machine, measure_machine, summarise, time_call


def test_a_timing_is_given_in_multiples_of_a_unit():
    assert summarise([1.0, 2.0, 3.0]).over(0.5) == (3.0, 4.0, 5.0)


def test_more_work_takes_longer():
    small, large = torch.rand(16, 16), torch.rand(768, 768)
    quick = time_call(lambda: small @ small, at_least=0.02)
    slow = time_call(lambda: large @ large, at_least=0.02)
    assert slow.median > 5 * quick.median > 0
    assert quick.runs >= 5 and slow.runs >= 5


def test_one_run_and_no_time_are_refused():
    with pytest.raises(ValueError, match="1 run has no spread"):
        summarise([1.0])
    with pytest.raises(ValueError, match="at_least=0"):
        time_call(lambda: None, at_least=0)


@pytest.mark.clock
def test_a_machine_moves_bytes_and_multiplies():
    machine = measure_machine(side=128, megabytes=4, at_least=0.02)
    assert machine.macs > 1e8 and machine.bytes > 1e8
    assert machine.roof(machine.ridge) == pytest.approx(machine.macs)
    assert machine.roof(machine.ridge / 2) == pytest.approx(machine.macs / 2)
    assert machine.roof(10 * machine.ridge) == machine.macs
    assert Machine(8.0, 2.0).ridge == 4
