"""`make mutants`: breaks each rule in a copy of the tree and says which breakage no test saw.

python -m tests.mutations.run [RULE …]      exit code 1 when one survived
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutations.table import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("services", "shared", "deploy", "tests", "pyproject.toml")
AT_ONCE = 2
SECONDS = 120
SEEN, SURVIVED = 1, 0
"""Exit codes of pytest: a test failed; all passed. Any other is a fault of the table."""


def copy_of_the_tree(folder: Path) -> Path:
    """What tests need, somewhere else."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def try_one(tree: Path, mutant: Mutant) -> int:
    """pytest's exit code with the edit in place; a mutant that hangs was seen."""
    path = tree / mutant.path
    whole = path.read_text()
    path.write_text(whole.replace(mutant.old, mutant.new))
    tests = [f"tests/{name}" for name in mutant.tests]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=tree, env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return SEEN
    finally:
        path.write_text(whole)
    return done.returncode


def tried(mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, int]]:
    """Each mutant with its exit code, in order, some at once in trees of their own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        trees: Queue[Path] = Queue()
        for n in range(AT_ONCE):
            trees.put(copy_of_the_tree(Path(folder, str(n))))

        def one(mutant: Mutant) -> int:
            tree = trees.get()
            try:
                return try_one(tree, mutant)
            finally:
                trees.put(tree)

        yield from zip(mutants, pool.map(one, mutants), strict=True)


def main(rules: Sequence[str]) -> int:
    """Prints a line for each mutant; 1 when one survived or could not be tried."""
    bad = 0
    chosen = [mutant for mutant in MUTANTS if not rules or mutant.rule in rules]
    for mutant, code in tried(chosen):
        said = {SEEN: "seen", SURVIVED: "SURVIVED"}.get(code, f"COULD NOT BE TRIED ({code})")
        bad += code != SEEN
        where = mutant.path.removeprefix("services/")
        print(f"{mutant.rule:4} {said:9} {where}: {mutant.old.strip()[:60]!r}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} mutants were seen")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
