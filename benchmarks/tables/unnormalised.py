"""ResNet-8 without batch normalisation: what attention does to its training shows early."""

from torch import nn

from nasattn import backbones


def resnet8(num_classes: int = 10, in_channels: int = 3, width: int = 8) -> nn.Module:
    """Return ResNet-8 whose convolutions have biases in place of the norms behind them."""
    network = backbones.create("resnet8", num_classes, in_channels, width=width)
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.BatchNorm2d):
            network.set_submodule(name, nn.Identity())
        elif isinstance(module, nn.Conv2d):
            module.bias = nn.Parameter(module.weight.new_zeros(module.out_channels))
    return network
