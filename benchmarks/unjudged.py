"""The service with validation switched off: the limit that validation is measured against.

`python -m benchmarks.unjudged CONFIG`. Nothing else can switch it off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.service import Running, run_core
from ldes_shok.clock import SystemClock
from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.validation.verdict import CONFORMS, Verdict


class Unjudged:
    """Finds that everything conforms, without looking."""

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """See `Judge.judge`."""
        del stream, iri, triples
        return CONFORMS

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """See `OutlineJudge.judge_values`."""
        del stream, outline, values
        return CONFORMS


async def _wait(running: Running) -> None:
    await running.stopping.wait()


def main(config: str) -> int:
    """Serve until SIGTERM."""
    settings = load_settings(Path(config), os.environ)
    secrets, clock = resolve_secrets(settings, os.environ), SystemClock()
    core = build_core(settings, secrets.identity, clock, judge=Unjudged())
    return run_core(core, secrets, clock, _wait)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
