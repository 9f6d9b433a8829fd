#!/usr/bin/env python3
"""Requests made by schemathesis from the OpenAPI document: ``hostile_requests.py MODEL [--cases N] [--seed N]``.

Valid and invalid ones. None may be answered with a 5xx, none with an error of more than 4 kB. schemathesis is installed
into an environment of its own, since nothing else needs it. What other seeds found stays in the record and is added, so
that many cases can be made bit by bit. Exit code 3 if something does not hold.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from server_process import UnderTest, ask, running

PACKAGE = "schemathesis>=4,<5"
WAIT_SECONDS = "300"
COUNTS = {
    "requests": r"([\d,]+) generated",
    "passed": r"generated, ([\d,]+) passed",
    "unique_failures": r"([\d,]+) unique failures?",
}
CHECKS = """
import schemathesis

@schemathesis.check
def answers_are_small(ctx, response, case):
    assert response.status_code < 400 or len(response.content) <= 4096, len(response.content)
"""


def main() -> int:
    """Runs schemathesis against a server that it starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="a record, to which a section is added")
    parser.add_argument("--environment", type=Path, default=Path(".verify/schemathesis"))
    arguments = parser.parse_args()
    tool = _installed(arguments.environment)
    # Both wait long: whoever stops all of this for a while, to measure something else, does not make an error of it.
    with running(arguments.model, options=("--deadline-seconds", WAIT_SECONDS)) as server:
        document = json.loads(asyncio.run(ask(server, "GET", "/openapi.json")).body)
        cases = max(1, arguments.cases // operations_that_vary(document))
        options = ("--max-examples", str(cases), "--seed", str(arguments.seed))
        ended = _asked(server, tool, arguments.environment, options)
    print(ended.stdout)
    if arguments.json:
        record = json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json.exists() else {}
        found = told(ended.stdout) | {"holds": ended.returncode == 0}
        seeds = record.get("hostile", {}).get("seeds", {}) | {str(arguments.seed): found}
        record["hostile"] = together(seeds)
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 3 if ended.returncode else 0


def operations_that_vary(document: dict[str, Any]) -> int:
    """Among how many operations the cases are shared out: the others have nothing that could be varied."""
    operations = (facts for methods in document["paths"].values() for facts in methods.values())
    return sum("parameters" in facts or "requestBody" in facts for facts in operations)


def _asked(
    server: UnderTest, tool: Path, environment: Path, options: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    hooks = environment / "regard_checks.py"
    hooks.write_text(CHECKS, encoding="utf-8")
    command = [
        *(str(tool.resolve()), "run", f"http://127.0.0.1:{server.port}/openapi.json", "--mode", "all"),
        *("--checks", "not_a_server_error,answers_are_small", "--phases", "fuzzing", "--continue-on-failure"),
        *("--request-timeout", WAIT_SECONDS, *options),
    ]
    variables = {
        "PATH": "/usr/bin:/bin",
        "SCHEMATHESIS_HOOKS": "regard_checks",
        "PYTHONPATH": str(hooks.parent.resolve()),
    }
    return subprocess.run(command, env=variables, cwd=environment, stdout=subprocess.PIPE, text=True, check=False)


def together(seeds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The counts of all seeds, and of each."""
    sums = {name: sum(found.get(name, 0) for found in seeds.values()) for name in COUNTS}
    return sums | {"seeds": seeds, "holds": all(found["holds"] for found in seeds.values())}


def told(output: str) -> dict[str, int]:
    """The counts in the tool's summary."""
    found = {name: re.search(pattern, output) for name, pattern in COUNTS.items()}
    return {name: int(match[1].replace(",", "")) for name, match in found.items() if match}


def _installed(folder: Path) -> Path:
    tool = folder / "bin" / "schemathesis"
    if not tool.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", PACKAGE], check=True)
    return tool


if __name__ == "__main__":
    sys.exit(main())
