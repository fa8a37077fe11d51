import numpy as np
import pytest
import torch

from stages.acoustic.mfcc import mfcc
from stages.acoustic.network import AcousticNetwork
from stages.common.errors import UserError
from stages.deepspeech.runtime import Runtime
from stages.deepspeech.runtime.machine import check_machine
from tests.acoustic.library import library
from tests.acoustic.sounds import sound


@pytest.fixture(scope="session")
def runtime():
    """The genuine library; only a machine that can't run it does without these tests."""
    try:
        check_machine()
    except UserError as error:
        pytest.skip(str(error))
    return Runtime(library())


@pytest.fixture(scope="session")
def network():
    """A small one with large weights: its characters are as certain as after training."""
    torch.manual_seed(0)
    network = AcousticNetwork(64, 0.0).eval()
    network.fit_scaling(torch.from_numpy(np.concatenate([mfcc(sound(8000, seed)) for seed in range(10)])))
    with torch.no_grad():
        for layer, gain in (
            (network.second, 3),
            (network.third, 3),
            (network.fifth, 6),
            (network.classes, 60),
        ):
            layer.weight.mul_(gain)
    return network
