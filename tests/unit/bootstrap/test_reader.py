"""What a reader process is made of."""

from __future__ import annotations

import subprocess
import sys

from tests.support.service import ROOT

FORBIDDEN = (
    "rdflib", "pyld", "pyshacl", "apscheduler", "aiomqtt", "ldes_shok.validation",
    "ldes_shok.mapping.mapper", "ldes_shok.pipeline", "ldes_shok.log.sqlite.writer",
)  # fmt: skip


def test_a_reader_imports_nothing_that_writes_or_parses_rdf() -> None:
    code = f"import sys, ldes_shok.bootstrap.reader; print(*{set(FORBIDDEN)} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == ""
