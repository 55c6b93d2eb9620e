"""Run studies/story.toml from its space to its report, and write down what it showed and took.

Usage: python benchmarks/story.py KIND:DIR [--to FOLDER] [--seeds N] [OPTIONS of nasattn search…]

Steps that are done are not done again, as long as their run folder is there; one that was cut off
goes on where it was.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from screenshot import COLUMNS, picture, plain, run

from nasattn.report.units import counted, duration

STUDY = "story"


@dataclass
class Story:
    """What is told, and where.

    Attributes:
        data: As ``--data`` takes it; the folder's name stays out of what is written.
        folder: Where it is written.
        steps: What was done, by name: commands and seconds.
    """

    data: str
    folder: Path
    steps: dict[str, dict[str, Any]]

    def __post_init__(self) -> None:
        self._told: list[str] = []
        self._is_new = False

    def tell(self, name: str, command: str) -> None:
        """Do a step, unless it and all before it are done."""
        self._told.append(name)
        step = self.steps.setdefault(name, {"command": ""})
        if step["command"] != command:
            step |= {"command": command, "done": False, "seconds": 0.0, "cpu_seconds": 0.0}
            step |= {"attempts": 0, "ended": 0}
        if step["done"] and not self._is_new:
            return
        self._is_new, step["done"] = True, False
        step["attempts"] += 1
        self._write()
        print(f"$ {command}", flush=True)
        code, shown = self._timed(step, command.replace("DIR", self._root))
        if code:
            self._write()
            print(plain(shown), end="", file=sys.stderr)
            sys.exit(code)
        step |= {"done": True, "file": f"{len(self._told)}-{name}"}
        shown = shown.replace(self._root, "DIR") if self._root else shown
        file = self.folder / step["file"]
        file.with_suffix(".txt").write_text(plain(shown), encoding="utf-8")
        file.with_suffix(".svg").write_text(picture(command, shown, COLUMNS), encoding="utf-8")
        self._write()

    def end(self, ablation: str) -> None:
        """Write the page of all that was told."""
        self.steps = {name: self.steps[name] for name in self._told}
        self._write()
        page = "\n".join(_page(self.steps, ablation))
        (self.folder / "README.md").write_text(page, encoding="utf-8")

    @property
    def _root(self) -> str:
        return self.data.partition(":")[2]

    def _timed(self, step: dict[str, Any], command: str) -> tuple[int, str]:
        """Run a step; how it gets on is shown where we are, unless that is what is told."""
        began, cpu = perf_counter(), _cpu_seconds()
        is_long = step["command"].split()[1] in ("search", "ablate")
        code, shown = run(command.split(), COLUMNS, shows_errors=not is_long)
        step["seconds"] += perf_counter() - began
        step["cpu_seconds"] += _cpu_seconds() - cpu
        step["ended"] += 1
        return code, shown

    def _write(self) -> None:
        text = json.dumps({"steps": self.steps}, indent=1) + "\n"
        (self.folder / "story.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--to", type=Path, default=Path("studies/story"))
    parser.add_argument("--seeds", type=int, default=6, help="of each variant in the ablation")
    asked, options = parser.parse_known_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    known = asked.to / "story.json"
    # What is committed tells of a search on another machine: it is done anew here.
    goes_on = known.is_file() and (_runs() / STUDY).is_dir()
    steps = json.loads(known.read_text(encoding="utf-8"))["steps"] if goes_on else {}
    story = Story(asked.data, asked.to, steps)
    kind, colon, _ = asked.data.partition(":")
    story.tell("space", "nasattn space show search_spaces/resnet8_story.toml")
    search = ["nasattn search studies/story.toml --data", f"{kind}:DIR" if colon else kind]
    story.tell("search", " ".join([*search, *options]))
    winner = most_accurate()
    story.tell("front", f"nasattn pareto {STUDY} --history --figure {asked.to}/front.svg")
    story.tell("winner", f"nasattn show {STUDY} {winner}")
    story.tell("importance", f"nasattn importance {STUDY} --figure {asked.to}/effects.svg")
    story.tell("ablation", f"nasattn ablate {STUDY} {winner} --seeds {asked.seeds}")
    ablation = f"{STUDY}-{winner}-leave-one-out"
    against = f"nasattn ablate {ablation} --against bare --figure {asked.to}/ablation.svg"
    story.tell("against-bare", against)
    story.tell("report", f"nasattn report {STUDY} --checklist {asked.to}/checklist.md")
    story.end(ablation)


def most_accurate() -> int:
    """Return the most accurate trial that has attention."""
    trials = [trial for trial in _read(STUDY) if trial["state"] == "complete"]
    found = max((t for t in trials if t["placements"]), key=lambda t: t["accuracy"], default=None)
    if found is None:
        sys.exit(f"{STUDY}: no architecture with attention is complete")
    return int(found["trial"])


def _read(study: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "nasattn", "trials", study, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return list(json.loads(done.stdout)["trials"])


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _page(steps: dict[str, dict[str, Any]], ablation: str) -> list[str]:
    lines = ["# From a space to a report", "", *_conditions(ablation), ""]
    lines += ["| step | command | time | processor time |", "|---|---|---|---|"]
    for name, step in steps.items():
        lines.append(f"| {name} | `{step['command']}` | {' | '.join(_times([step]))} |")
    lines.append(f"| all | | {' | '.join(_times(list(steps.values())))} |")
    for name, step in steps.items():
        lines += ["", f"## {name}", "", "```sh", step["command"], "```", ""]
        lines.append(f"![What it shows in a terminal]({step['file']}.svg)")
        drawn = re.findall(r"--figure \S*?([\w-]+\.svg)", step["command"])
        lines += [f"\n![What it draws into a file]({file})" for file in drawn]
    return [*lines, ""]


def _times(steps: list[dict[str, Any]]) -> list[str]:
    """Write how long steps took; the time of an attempt that was killed nobody knows."""
    is_known = all(step["attempts"] == step["ended"] for step in steps)
    sums = [sum(step[key] for step in steps) for key in ("seconds", "cpu_seconds")]
    return [duration(seconds) if is_known else f"at least {duration(seconds)}" for seconds in sums]


def _conditions(ablation: str) -> list[str]:
    """Write with what was trained, and how much."""
    study = tomllib.loads((_runs() / STUDY / "study.toml").read_text(encoding="utf-8"))
    made = study["environment"]
    versions = ", ".join(f"{key} {made[key]}" for key in ("nasattn", "python", "torch", "optuna"))
    threads = counted(study["execution"]["threads"], "thread")
    images = ", ".join(f"{count:,} {part}" for part, count in study["num_images"].items())
    return [
        f"{made['processor']}, {threads} on {made['device']}; {versions}.",
        f"{study['data']['name']}: {images} images; {counted(study['recipe']['epochs'], 'epoch')}.",
        f"The search: {_trained(STUDY)}; the ablation: {_trained(ablation)}.",
    ]


def _runs() -> Path:
    return Path(os.environ.get("NASATTN_RUNS", "runs"))


def _trained(study: str) -> str:
    trials = _read(study)
    return f"{counted(len(trials), 'training')} of {duration(sum(t['seconds'] for t in trials))}"


if __name__ == "__main__":
    main()
