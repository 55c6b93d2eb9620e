import pytest
import torch
from tiny_networks import Tiny
from torch import nn

from nasattn.training.average import AveragedNetwork


def test_decay_0_is_the_weights_themselves() -> None:
    network = Tiny()
    average = AveragedNetwork(network, 0.0)
    for _ in range(3):
        network(torch.randn(4, 1, 8, 8))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.update()
        ours, theirs = network.state_dict(), average.network.state_dict()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_the_average_is_exponential_and_starts_at_the_first_update() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = AveragedNetwork(network, 0.75)
    for value in (8.0, 4.0, 0.0):
        nn.init.constant_(network.weight, value)
        average.update()
    assert average.network.weight.item() == pytest.approx(0.75 * (0.75 * 8 + 0.25 * 4))


def test_batchnorm_statistics_are_averaged_and_its_count_is_copied() -> None:
    network = nn.BatchNorm2d(2)
    average = AveragedNetwork(network, 0.5)
    means = []
    for _ in range(2):
        network(torch.randn(8, 2, 4, 4))
        means.append(network.running_mean.clone())
        average.update()
    averaged = average.network
    assert isinstance(averaged, nn.BatchNorm2d)
    assert torch.allclose(averaged.running_mean, (means[0] + means[1]) / 2)
    assert averaged.num_batches_tracked.item() == 2


def test_written_back_the_network_is_its_average() -> None:
    network = Tiny()
    average = AveragedNetwork(network, 0.9)
    for _ in range(2):
        with torch.no_grad():
            network.fc.weight.add_(1)
        average.update()
    assert not torch.equal(network.fc.weight, average.network.fc.weight)
    average.write_back()
    assert torch.equal(network.fc.weight, average.network.fc.weight)
