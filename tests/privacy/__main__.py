"""Attack ten weeks of invented cities, and print what was found out: for the DPIA.

`OPENBLAS_NUM_THREADS=1 python -m tests.privacy`: with more threads small matrices wait for each
other.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from tests.privacy.attack import SEEDS, WEEKS, Figures, attacked, table, together
from tests.privacy.city import city
from tests.privacy.observed import observed


def main() -> None:
    """A column for each seed, and one for all."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: dict[str, Figures] = {}
    for seed in SEEDS:
        real = city(seed, weeks=WEEKS, fair=True)
        with TemporaryDirectory() as directory:
            found[f"city {seed}"] = attacked(observed(real, Path(directory)), real)
    found["all"] = together(list(found.values()))
    sys.stdout.write(f"{table(found)}\n")


if __name__ == "__main__":
    main()
