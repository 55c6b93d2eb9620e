import pytest
from hypothesis import given, settings

from nasattn.backbones import create
from nasattn.cost import CostModel, Totals, cost_model, measure_cost
from nasattn.cost.stages import HEAD, UNUSED, StageCost, stage_costs, with_placements
from nasattn.placement import Architecture, find_sites
from tests.architectures import ARGUMENTS, SHAPE, architectures, resnet8_sites

NETWORKS = "tests.conformance.networks"


def by_stage(backbone: str, shape: tuple[int, int, int]) -> tuple[Totals, dict[str, StageCost]]:
    net = create(backbone, in_channels=shape[0])
    cost = measure_cost(net, shape)
    stages = stage_costs(net, cost, find_sites(net, shape).sites, shape)
    whole = Totals(cost.params, cost.norm_statistics, cost.flops, cost.flops_stock)
    return whole, {stage.stage: stage for stage in stages}


@pytest.mark.parametrize(
    ("backbone", "shape"),
    [
        ("alexnet", (3, 64, 64)),
        ("resnet20", (3, 16, 16)),
        ("resnet18", (3, 16, 16)),
        pytest.param("torchvision:mobilenet_v3_small", (3, 64, 64), marks=pytest.mark.slow),
        *((f"{NETWORKS}:{name}", (3, 8, 8)) for name in ("functional", "containers", "residuals")),
        *((f"{NETWORKS}:{name}", (3, 8, 8)) for name in ("blocks", "parametric", "refusing")),
        (f"{NETWORKS}:auxiliary", (3, 8, 8)),
        pytest.param("torchvision:googlenet", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("torchvision:densenet121", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("torchvision:convnext_tiny", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("torchvision:inception_v3", (3, 299, 299), marks=pytest.mark.slow),
    ],
)
def test_the_stages_add_up_to_the_network(backbone: str, shape: tuple[int, int, int]) -> None:
    whole, stages = by_stage(backbone, shape)
    assert sum((stage.totals for stage in stages.values()), Totals()) == whole
    parts = [
        count for stage in stages.values() for count in (stage.totals.params, stage.totals.flops)
    ]
    assert min(parts) >= 0


def test_a_cifar_resnet_by_hand() -> None:
    _, stages = by_stage("resnet20", (3, 16, 16))
    assert list(stages) == ["stage1", "stage2", "stage3", HEAD]
    assert [stage.map for stage in stages.values()] == [(16, 16, 16), (32, 8, 8), (64, 4, 4), None]
    # The first stage: stem and three blocks of two 3x3 convolutions, each with a batch norm.
    norms = 7 * 2 * 16
    assert stages["stage1"].totals.params == 3 * 16 * 9 + 6 * 16 * 16 * 9 + norms
    assert stages["stage1"].totals.norm_statistics == norms
    pixels = 16 * 16
    convolutions = (3 * 16 * 9 + 6 * 16 * 16 * 9) * pixels
    assert stages["stage1"].totals.flops_stock == convolutions + 7 * 2 * 16 * pixels
    # Seven activations and three additions are not in fvcore's own count.
    assert stages["stage1"].totals.flops - stages["stage1"].totals.flops_stock == 10 * 16 * pixels
    assert stages[HEAD].totals.params == 64 * 10 + 10


def test_auxiliary_classifiers_are_told_apart() -> None:
    _, stages = by_stage(f"{NETWORKS}:auxiliary", (3, 8, 8))
    auxiliary = create(f"{NETWORKS}:auxiliary").aux.parameters()
    expected = Totals(params=sum(parameter.numel() for parameter in auxiliary))
    assert stages[UNUSED].totals == expected


def test_functional_activations_belong_to_their_stage() -> None:
    _, stages = by_stage(f"{NETWORKS}:functional", (3, 8, 8))
    # Four convolutions' maps through four functions; the head averages and classifies.
    totals = stages["stage1"].totals
    assert totals.flops - totals.flops_stock == 4 * 4 * 8 * 8
    assert stages[HEAD].totals.flops == 4 * 8 * 8 + 4 * 10


@settings(max_examples=20)
@given(architectures(most=10))
def test_placements_add_to_the_stages_of_their_sites(architecture: Architecture) -> None:
    model = cost_model(architecture)
    net = create("resnet8", **ARGUMENTS)
    bare = stage_costs(net, model.bare, model.sites.sites, SHAPE)
    sites = {site.name: site for site in resnet8_sites()}
    added = [(sites[p.site], model.placement(p)) for p in architecture.placements]
    stages = with_placements(bare, added)
    assert sum((stage.totals for stage in stages), Totals()) == model.cost(architecture)
    touched = {f"stage{site.stage}" for site, _ in added}
    changed = {new.stage for new, old in zip(stages, bare, strict=True) if new != old}
    assert changed <= touched


def test_without_placements_nothing_changes() -> None:
    model = CostModel("resnet8", ARGUMENTS, SHAPE)
    bare = stage_costs(create("resnet8", **ARGUMENTS), model.bare, model.sites.sites, SHAPE)
    assert with_placements(bare, []) == bare
