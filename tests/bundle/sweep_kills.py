"""Kills a process at every file operation of a replacing save, and says what a loader finds each time.

Run as a program, so that the test's own process never forks: ``python sweep_kills.py MODEL``.
"""

import os
import shutil
import sys
from pathlib import Path

from regard.bundle import Bundle, load_bundle, save_bundle

WATCHED = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")


def save_and_die(model: Path, bundle: Bundle, moment: int) -> None:
    """In a child: replaces the model, and ends without any cleaning up at the given file operation."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in WATCHED and str(model.parent) in str(arguments[0]):
            seen += 1
            if seen == moment:
                os._exit(9)

    weights = bundle.weights()
    facts = bundle.facts.model_copy(update={"num_steps": 8})
    sys.addaudithook(watch)
    save_bundle(model, settings=bundle.settings, tokenizer=bundle.tokenizer, weights=weights, facts=facts, replace=True)
    os._exit(0)


def main(model: Path) -> None:
    """Sweeps until a save survives."""
    spare = model.parent.parent / "spare"
    shutil.copytree(model.parent, spare)
    for moment in range(1, 1000):
        shutil.rmtree(model.parent)
        shutil.copytree(spare, model.parent)
        child = os.fork()
        if child == 0:
            save_and_die(model, load_bundle(model), moment)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found = load_bundle(model.parent)
        found.weights()
        version = "previous" if found.notices else "new" if found.facts.num_steps == 8 else "old"
        print(moment, version)
        if status == 0:
            return
    raise SystemExit("no save ever finished")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
