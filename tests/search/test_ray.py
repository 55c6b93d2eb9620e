"""Workers on the nodes of a Ray cluster, with a folder that they share and with a server."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import SECRET, Server
from tests.ray_cluster import QUIET, Cluster
from tests.search.crews import GRID, CrewSuite, bits_by_trial, run_well, running, wait_for
from tests.search.tiny import nasattn, start, trials, write_study

pytestmark = pytest.mark.services

ONE_LONG = GRID.replace("epochs = 2", "epochs = 60").replace("trials = 5", "trials = 1")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hidden")


class RaySuite(CrewSuite):
    """Laws of workers on a cluster, wherever its nodes have their run folders."""

    @pytest.fixture
    def hides(self) -> Path | None:
        """Return what the nodes do not see of this machine."""
        return None

    @pytest.fixture(autouse=True)
    def nodes(self, cluster: Cluster, hides: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in QUIET.items():
            monkeypatch.setenv(name, value)
        cluster.fill(2, hides)

    @pytest.fixture
    def crew(self, cluster: Cluster) -> tuple[object, ...]:
        return ("--engine", "ray", "--address", cluster.address)

    @pytest.fixture
    def store(self) -> tuple[object, ...]:
        """Return the options of `search` that keep checkpoints where all nodes reach them."""
        return ()

    def test_the_trial_of_a_lost_node_goes_on_on_another_to_the_bit(
        self,
        tmp_path: Path,
        runs: Path,
        crew: tuple[object, ...],
        store: tuple[object, ...],
        cluster: Cluster,
    ) -> None:
        study = write_study(tmp_path, ONE_LONG)
        searching = start("search", study, *crew, *store, "--workers", 1, runs=runs)
        wait_for("some epochs", lambda: running(runs).get(0, 0) > 3)
        cluster.busy().lose()
        _, said = searching.communicate()
        assert searching.returncode == 0, said
        assert "worker 1: started again on" in said
        assert "starts again from its beginning" not in said
        assert [(t["state"], t["attempt"]) for t in trials("tiny", runs)] == [("complete", 2)]
        alone = tmp_path / "alone"
        run_well("search", study, "--storage", f"sqlite:///{tmp_path}/alone.db", runs=alone)
        assert bits_by_trial(runs) == bits_by_trial(alone)


class TestSharedFolder(RaySuite):
    def test_a_worker_that_is_told_to_end_is_started_again(
        self, tmp_path: Path, runs: Path, crew: tuple[object, ...], cluster: Cluster
    ) -> None:
        study = write_study(tmp_path, ONE_LONG)
        searching = start("search", study, *crew, "--workers", 1, runs=runs)
        wait_for("some epochs", lambda: running(runs).get(0, 0) > 3)
        worker = cluster.busy().worker
        assert worker
        os.kill(worker, signal.SIGTERM)
        _, said = searching.communicate()
        assert searching.returncode == 0, said
        assert [(t["state"], t["attempt"]) for t in trials("tiny", runs)] == [("complete", 2)]

    def test_a_cluster_without_gpus_or_room_is_refused(
        self, tmp_path: Path, runs: Path, crew: tuple[object, ...]
    ) -> None:
        study = write_study(tmp_path, ONE_LONG)
        for words, why in (
            (("--device", "cuda"), "--device cuda: the cluster has no GPU"),
            (("--set", "execution.threads=2"), "has 2 CPUs (execution.threads)"),
        ):
            done = nasattn("search", study, *crew, *words, runs=runs)
            assert done.returncode == 2
            assert why in done.stderr.splitlines()[-1]


class TestServer(RaySuite):
    @pytest.fixture
    def hides(self, hidden: Path) -> Path:
        return hidden

    @pytest.fixture
    def runs(self, hidden: Path, request: pytest.FixtureRequest) -> Path:
        return hidden / request.node.name

    @pytest.fixture(autouse=True)
    def server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
        running = Server(fsync="off")
        monkeypatch.setenv("NASATTN_STORAGE", running.url)
        yield running
        running.remove()

    @pytest.fixture(autouse=True)
    def no_password_is_left(self, cluster: Cluster, server: Server) -> Iterator[None]:
        yield
        files = [path for path in cluster.folder.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if SECRET.encode() in path.read_bytes()]

    @pytest.fixture
    def store(self, tmp_path: Path) -> tuple[object, ...]:
        return ("--artifacts", tmp_path / "artifacts")
