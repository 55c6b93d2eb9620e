"""Counts from the tables of published papers and of measurements with fvcore."""

from collections.abc import Callable

import pytest

from nasattn import attention
from nasattn.attention import Scalar
from nasattn.cost import Totals, cost_model, measure_cost, module_cost
from nasattn.placement import Architecture, Placement, Site, backbone_sites, canonical

Shape = tuple[int, int, int]
ALEXNET, SMALL, LARGE = (3, 128, 128), (3, 32, 32), (3, 224, 224)


def everywhere(
    backbone: str, shape: Shape, slot: str, module: str, **options: Scalar
) -> Architecture:
    """Place a module at every site of one kind (block ends count as after a convolution)."""
    sites = [s for s in backbone_sites(backbone, {}, shape).sites if s.slot == slot]
    return placed(backbone, shape, sites, lambda _: (module, options))


def placed(
    backbone: str,
    shape: Shape,
    sites: list[Site],
    choose: Callable[[Site], tuple[str, dict[str, Scalar]]],
) -> Architecture:
    chosen = [(site, *choose(site)) for site in sites]
    placements = [Placement(s.slot, s.at, name, tuple(o.items())) for s, name, o in chosen]
    return canonical(backbone, {}, shape, placements)


def cost(architecture: Architecture, num_classes: int = 10) -> Totals:
    return cost_model(architecture, num_classes).cost(architecture)


def with_statistics(totals: Totals) -> int:
    return totals.params + totals.norm_statistics


@pytest.mark.parametrize(
    ("module", "options", "params", "stock", "full"),
    [
        ("gct", {}, 192, 0, 197_250),
        ("atac", {"ratio": 2}, 4_288, 4_390_912, 4_554_752),
        ("atac", {"ratio": 4}, 2_208, 2_260_992, 2_408_448),
        ("atac", {"ratio": 16}, 648, 663_552, 798_720),
        ("eca", {"kernel_size": 3}, 3, 65_728, 131_328),
        ("nam", {}, 128, 131_072, 327_872),
        ("nam", {"attend": "spatial"}, 2_048, 131_072, 330_752),
        ("ortho", {}, 512, 512, 197_188),
        ("se", {"ratio": 16}, 512, 66_048, 131_652),
    ],
)
def test_one_module_at_64_channels_and_32_by_32(
    module: str, options: dict[str, Scalar], params: int, stock: int, full: int
) -> None:
    found = module_cost(module, tuple(options.items()), 64, (32, 32))
    assert (found.params, found.flops_stock, found.flops) == (params, stock, full)


def test_every_module_costs_something() -> None:
    for name in attention.ENTRIES:
        found = measure_cost(attention.create(name, 64, (8, 8)), (64, 8, 8))
        assert found.flops > found.flops_stock >= 0
        assert (found.params > 0) == (name != "simam")


def test_alexnet() -> None:
    bare = canonical("alexnet", {}, ALEXNET, [])
    assert with_statistics(cost(bare)) == 7_524_042
    gated = everywhere("alexnet", ALEXNET, "activation", "atac", ratio=2, bias=True)
    assert len(gated.placements) == 5
    assert (cost(gated).params, with_statistics(cost(gated))) == (7_635_938, 7_638_002)
    authors = everywhere("alexnet", ALEXNET, "activation", "atac", ratio=2)
    assert (cost(authors).params, with_statistics(cost(authors))) == (7_634_906, 7_636_970)


@pytest.mark.parametrize(("kernels", "total"), [("33553", 7_524_061), ("35555", 7_524_065)])
def test_alexnet_with_eca_after_each_convolution(kernels: str, total: int) -> None:
    sites = [s for s in backbone_sites("alexnet", {}, ALEXNET).sites if s.slot == "after_conv"]
    taps = dict(zip([site.at for site in sites], map(int, kernels), strict=True))
    with_eca = placed("alexnet", ALEXNET, sites, lambda s: ("eca", {"kernel_size": taps[s.at]}))
    assert with_statistics(cost(with_eca)) == total
    adaptive = everywhere("alexnet", ALEXNET, "after_conv", "eca")
    assert (adaptive == with_eca) == (kernels == "35555")  # the rule of the paper's figure


@pytest.mark.parametrize(
    ("slot", "module", "options", "trainable", "total", "stock"),
    [
        ("before_conv", "gct", {}, 7_525_731, 7_525_731, 0.09691),
        ("after_conv", "se", {}, 7_537_642, 7_537_642, 0.09703),
        ("after_conv", "nam", {}, 7_525_418, 7_526_794, 0.09712),
        ("activation", "atac", {"bias": True}, 7_635_938, 7_638_002, 0.10768),
        ("after_conv", "eca", {}, 7_524_065, 7_524_065, 0.09702),
    ],
)
def test_alexnet_with_a_module_everywhere(
    *, slot: str, module: str, options: dict[str, Scalar], trainable: int, total: int, stock: float
) -> None:
    found = cost(everywhere("alexnet", ALEXNET, slot, module, **options))
    assert (found.params, with_statistics(found)) == (trainable, total)
    assert round(found.flops_stock / 1e9, 5) == stock


RESNET18_BASE = (11_173_962, 11_183_562, 556_659_712, 802_816)


@pytest.mark.parametrize(
    ("slot", "module", "trainable", "total", "stock", "uncounted"),
    [
        # The base leaves 802,816 uncounted: 557,056 in activations, 245,760 in additions.
        ("block_end", "", *RESNET18_BASE),
        ("before_conv", "gct", 11_185_491, 11_195_091, 556_659_712, 802_816 + 2_038_342),
        ("activation", "atac", 12_582_410, 12_603_722, 629_634_048, 802_816 + 835_584),
        ("block_end", "eca", 11_173_998, 11_183_598, 556_914_816, 802_816 + 247_680),
        ("block_end", "nam", 11_177_802, 11_191_242, 557_151_232, 802_816 + 743_040),
        ("block_end", "ortho", 11_261_002, 11_270_602, 556_746_752, 802_816 + 739_320),
        ("block_end", "se", 11_261_002, 11_270_602, 556_992_512, 802_816 + 247_800),
    ],
)
def test_resnet18_with_the_cifar_stem(
    *, slot: str, module: str, trainable: int, total: int, stock: int, uncounted: int
) -> None:
    bare = canonical("resnet18", {}, SMALL, [])
    found = cost(everywhere("resnet18", SMALL, slot, module) if module else bare)
    assert (found.params, with_statistics(found)) == (trainable, total)
    assert (found.flops_stock, found.flops) == (stock, stock + uncounted)


def test_resnet18_with_nam_over_channels_and_pixels() -> None:
    found = cost(everywhere("resnet18", SMALL, "block_end", "nam", attend="both"))
    assert (found.params, with_statistics(found)) == (11_183_242, 11_202_122)
    assert (found.flops_stock, found.flops) == (557_642_752, 557_642_752 + 802_816 + 1_488_480)


@pytest.mark.parametrize(
    ("slot", "module", "trainable", "stock"),
    [
        ("before_conv", "gct", 11_701_041, 1.8191),
        ("activation", "atac", 13_097_960, 2.0829),
        ("block_end", "nam", 11_693_352, 1.8206),
        ("block_end", "ortho", 11_776_552, 1.8192),
        ("block_end", "se", 11_776_552, 1.8199),
    ],
)
def test_torchvisions_resnet18(slot: str, module: str, trainable: int, stock: float) -> None:
    architecture = everywhere("torchvision:resnet18", LARGE, slot, module)
    found = cost(architecture, 1000)
    assert found.params == trainable
    assert round(found.flops_stock / 1e9, 4) == stock


def test_torchvisions_resnet18_bare() -> None:
    found = cost(canonical("torchvision:resnet18", {}, LARGE, []), 1000)
    assert (found.params, with_statistics(found)) == (11_689_512, 11_699_112)
    assert round(found.flops_stock / 1e9, 5) == 1.81907


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "trainable", "total", "stock"),
    [("", 23_705_252, 23_758_372, 1.3049), ("nam", 23_735_460, 23_818_788, 1.3085)],
)
def test_resnet50_for_100_classes(module: str, trainable: int, total: int, stock: float) -> None:
    bare = canonical("resnet50", {}, SMALL, [])
    found = cost(everywhere("resnet50", SMALL, "block_end", module) if module else bare, 100)
    assert (found.params, with_statistics(found)) == (trainable, total)
    assert round(found.flops_stock / 1e9, 4) == stock


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "trainable", "total", "stock"),
    [
        ("", 25_557_032, 25_610_152, 4.1115),
        ("eca", 25_557_112, 25_610_232, 4.1171),
        ("nam", 25_587_240, 25_670_568, 4.1226),
        ("se", 28_071_976, 28_125_096, 4.1195),
    ],
)
def test_torchvisions_resnet50(module: str, trainable: int, total: int, stock: float) -> None:
    name, kernels = "torchvision:resnet50", {256: 3, 512: 5, 1024: 5, 2048: 7}
    sites = [s for s in backbone_sites(name, {}, LARGE).sites if s.slot == "block_end"]
    options = {"eca": lambda site: {"kernel_size": kernels[site.channels]}}.get(
        module, lambda _: {}
    )
    chosen = placed(name, LARGE, sites if module else [], lambda site: (module, options(site)))
    found = cost(chosen, 1000)
    assert (found.params, with_statistics(found)) == (trainable, total)
    assert round(found.flops_stock / 1e9, 4) == stock
