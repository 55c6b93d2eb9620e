import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from pictures import write_noise, write_split
from PIL import Image

from nasattn.data import DataSpec, ImageSet, Splits, load
from nasattn.data.stream import SAMPLE
from nasattn.errors import FailedError, UserError
from nasattn.search.study.images import data_digest, evaluated_splits

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on one core

KINDS = [
    DataSpec(name="digits", resize=10, channels=3, limit=300),
    DataSpec(name="fake"),
]


def streamed(spec: DataSpec, workers: int = 0) -> DataSpec:
    return spec.model_copy(update={"in_memory": False, "workers": workers})


def pictures(root: Path, **settings: object) -> DataSpec:
    return DataSpec(name="imagefolder", root=str(root), **settings)  # type: ignore[arg-type]  # a test's shorthand


def pixels(images: ImageSet, order: torch.Tensor | None = None, size: int = 7) -> torch.Tensor:
    return torch.cat([batch.images for batch in images.batches(order, size)])


def labels(images: ImageSet, order: torch.Tensor | None = None, size: int = 7) -> torch.Tensor:
    return torch.cat([batch.labels for batch in images.batches(order, size)])


def equal(one: Splits, two: Splits) -> bool:
    """Tell whether two splits give the same images in the same order, to the bit."""
    for name in ("train", "validation", "test"):
        first, second = getattr(one, name), getattr(two, name)
        order = torch.randperm(len(first), generator=torch.Generator().manual_seed(0))
        for places, take in product((None, order), (pixels, labels)):
            if not torch.equal(take(first, places), take(second, places)):
                return False
    return (one.classes, one.mean, one.std) == (two.classes, two.mean, two.std)


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.name)
def test_a_stream_of_arrays_gives_what_memory_gives(spec: DataSpec) -> None:
    memory = load(spec, (3, 10, 10))
    stream = load(streamed(spec), (3, 10, 10))
    assert (memory.in_memory, stream.in_memory) == (True, False)
    assert equal(memory, stream)


@pytest.mark.parametrize("settings", [{}, {"resize": 8}, {"channels": 1}, {"limit": 10}])
def test_a_stream_of_pictures_gives_what_memory_gives(
    tmp_path: Path, settings: dict[str, int]
) -> None:
    spec = pictures(write_split(tmp_path), **settings)
    side = settings.get("resize", 12)
    shape = (settings.get("channels", 3), side, side)
    assert equal(load(spec, shape), load(streamed(spec), shape))


def test_sizes_and_modes_may_differ_where_resize_says_so(tmp_path: Path) -> None:
    write_noise(tmp_path, 10, size=(20, 14))
    write_noise(tmp_path, 7, size=(9, 30), seed=1)
    Image.new("L", (40, 40), 200).save(tmp_path / "cat" / "grey.png")
    Image.new("P", (8, 8), 3).save(tmp_path / "dog" / "palette.gif")
    spec = pictures(tmp_path, resize=12)
    assert equal(load(spec, (3, 12, 12)), load(streamed(spec), (3, 12, 12)))


def test_grey_parts_of_a_coloured_set_are_coloured(tmp_path: Path) -> None:
    write_noise(tmp_path / "train", 10)
    for name, number in product(("cat", "dog"), range(3)):
        path = tmp_path / "test" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (12, 12), 50 * number).save(path)
    spec = pictures(tmp_path)
    memory, stream = load(spec, (3, 12, 12)), load(streamed(spec), (3, 12, 12))
    assert memory.test.shape == stream.test.shape == (3, 12, 12)
    assert equal(memory, stream)


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    spec = pictures(write_split(tmp_path))
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    none, one, two = (load(streamed(spec, workers), (3, 12, 12)) for workers in range(3))
    assert equal(none, one)
    assert equal(none, two)
    assert torch.equal(torch.rand(2), expected)  # nor is the caller's generator touched


def test_joined_streams_keep_their_order(tmp_path: Path) -> None:
    spec = pictures(write_split(tmp_path))
    memory, stream = (
        evaluated_splits(load(s, (3, 12, 12)), s, "test") for s in (spec, streamed(spec))
    )
    assert len(stream.train) == 40
    assert equal(memory, stream)


def test_joined_arrays_are_fitted_alike() -> None:
    spec = DataSpec(name="fake", resize=8, channels=3)
    memory, stream = (
        evaluated_splits(load(s, (3, 8, 8)), s, "test") for s in (spec, streamed(spec))
    )
    assert equal(memory, stream)
    first = torch.arange(3)  # of one part only
    assert torch.equal(pixels(memory.train, first), pixels(stream.train, first))


def test_statistics_come_from_a_sample_of_stated_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SAMPLE == 2048
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (3000, 1, 2, 2), dtype=torch.uint8, generator=generator)
    module = ModuleType("many_pixels")
    module.read = lambda: (noise, torch.arange(3000) % 3, noise[:9], torch.arange(9) % 3)  # type: ignore[attr-defined]  # a module is what it is given
    monkeypatch.setitem(sys.modules, "many_pixels", module)
    spec = DataSpec(name="many_pixels:read", in_memory=False)
    found, again = load(spec, (1, 2, 2)), load(spec, (1, 2, 2))
    assert found.train.sample().shape == (2048, 1, 2, 2)
    assert (found.mean, found.std) == (again.mean, again.std)
    assert found.mean[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", ["memory", "stream"])
def test_the_digest_changes_with_pixels_labels_and_names(tmp_path: Path, kind: str) -> None:
    def digest(root: Path, **settings: object) -> str:
        spec = pictures(root, in_memory=kind == "memory", workers=0, **settings)
        return data_digest(load(spec, (3, 12, 12)))

    one = digest(write_split(tmp_path / "one"))
    assert digest(write_split(tmp_path / "again")) == one
    changed = write_split(tmp_path / "changed")
    Image.new("RGB", (12, 12)).save(changed / "train" / "cat" / "000.png")
    other = write_split(tmp_path / "other")
    (other / "test" / "cat" / "000.png").rename(other / "test" / "dog" / "zzz.png")
    assert (
        len({one, digest(changed), digest(other), digest(write_split(tmp_path / "x"), limit=9)})
        == 4
    )


def test_a_streams_digest_changes_with_the_fit() -> None:
    specs = [DataSpec(name="digits", resize=16, in_memory=False), DataSpec(name="digits")]
    fits = [load(streamed(specs[0]), (1, 16, 16)), load(streamed(specs[1]), (1, 8, 8))]
    assert data_digest(fits[0]) != data_digest(fits[1])


@pytest.mark.parametrize(
    ("limit", "in_memory"), [(1797 * 64, True), (1797 * 64 - 1, False), (4 * 2**30, True)]
)
def test_auto_compares_images_times_bytes_with_the_limit(*, limit: int, in_memory: bool) -> None:
    spec = DataSpec(name="digits", memory_limit_bytes=limit, workers=0)
    assert load(spec, (1, 8, 8)).in_memory is in_memory


def test_what_counts_is_the_size_after_resize() -> None:
    spec = DataSpec(name="digits", resize=16, memory_limit_bytes=1797 * 64, workers=0)
    assert not load(spec, (1, 16, 16)).in_memory


def fails(spec: DataSpec, shape: tuple[int, int, int] = (3, 12, 12)) -> str:
    with pytest.raises(UserError) as caught:
        load(streamed(spec), shape)
    return str(caught.value)


def test_what_a_header_tells_is_an_error_before_the_first_epoch(tmp_path: Path) -> None:
    spec = pictures(write_split(tmp_path))
    path = tmp_path / "test" / "dog" / "003.png"
    path.write_text("no picture at all")
    assert fails(spec).startswith(f"{path}: cannot be decoded: cannot identify image file")
    path.write_bytes(b"")
    assert fails(spec).startswith(f"{path}: cannot be decoded: ")
    Image.fromarray(np.full((12, 12), 4000, np.uint16)).save(path)
    assert fails(spec) == f"{path}: pixels of mode I;16, but must have 8 bits a channel"
    Image.new("RGB", (13, 12)).save(path)
    assert fails(spec) == (
        f"{path}: 12×13 pixels, but {tmp_path}/test/cat/000.png has 12×12; "
        "set [data] resize to bring all pictures to one size"
    )
    path.unlink()
    assert fails(spec, (3, 8, 8)) == (
        f"{tmp_path}: images are 3×12×12, but input_shape is 3×8×8; "
        "set [data] resize = 8, or input_shape = [3, 12, 12]"
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_truncated_picture_is_named_when_it_is_read(tmp_path: Path, workers: int) -> None:
    spec = pictures(write_split(tmp_path))
    path = tmp_path / "test" / "cat" / "001.png"
    path.write_bytes(path.read_bytes()[:200])
    found = load(streamed(spec, workers), (3, 12, 12))  # only its header is read
    with pytest.raises(FailedError) as caught:
        pixels(found.test)
    assert str(caught.value).startswith(f"{path}: cannot be decoded: ")
    assert "\n" not in str(caught.value)
    assert len(pixels(found.train)) == 36
