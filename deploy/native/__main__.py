"""`python -m deploy.native`: prints the compiled tree's path, made when there is none yet.

`python -m deploy.native FOLDER`: puts libraries beside the modules in FOLDER, as the image does it.
"""

import sys
from pathlib import Path

from deploy.local.compiler import NoCompiler
from deploy.native.build import build
from deploy.native.tree import ROOT, NotCompiled, compiled


def main(folders: list[str]) -> int:
    """Exit code 2, with a sentence, when it cannot be built here."""
    try:
        for folder in folders:
            build(ROOT, Path(folder))
        if not folders:
            print(compiled(lambda said: print(said, file=sys.stderr)))
    except (NoCompiler, NotCompiled, ImportError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
