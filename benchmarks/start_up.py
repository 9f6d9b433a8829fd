"""How long does ``regard --help`` take? Median of 7, warm. The goal is 0.3 s."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

GOAL_SECONDS = 0.3
REGARD = Path(sys.executable).with_name("regard")


def seconds_of(*arguments: str) -> float:
    begin = time.perf_counter()
    subprocess.run([REGARD, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    seconds_of("--help")  # warms the file cache
    for arguments in (("--help",), ("train", "--help")):
        taken = sorted(seconds_of(*arguments) for _ in range(7))
        print(f"regard {' '.join(arguments)}: median {median(taken):.3f} s ({taken[0]:.3f} to {taken[-1]:.3f})")
    print(f"goal for regard --help: at most {GOAL_SECONDS} s")


if __name__ == "__main__":
    main()
