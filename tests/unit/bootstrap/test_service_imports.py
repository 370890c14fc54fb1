"""What a start costs: the RDF libraries are pyshacl's process's, not the service's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.patience import HANG_SECONDS
from tests.unit.conftest import MakeSettings

_PROGRAM = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import ldes_shok.cli.main
from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.service import run_service
from ldes_shok.bootstrap.web import Taking, build_services
from ldes_shok.clock import SystemClock
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from tests.support.vertical import configuration, delivery

settings = load_settings(Path(sys.argv[1]), {})
secrets = resolve_secrets(settings, os.environ)
core = build_core(settings, secrets.identity, SystemClock())
with ThreadPoolExecutor(1) as pool:
    services = build_services(core, secrets, Taking(None, {}, tuple), pool)
outcomes = core.writer.write([delivery(configuration())]).outcomes
assert outcomes[0].members, outcomes
refused = core.judge.judge("kasten", outcomes[0].members[0], ())
assert "sh:ValidationReport" in refused.report
core.close()
print(sorted({"rdflib", "pyshacl", "pyld"} & sys.modules.keys()))
"""


def test_the_service_imports_no_rdf_library(make_settings: MakeSettings, tmp_path: Path) -> None:
    """Built, fed and refusing a member with a report: all without them."""
    make_settings({})
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "settings.yaml")]
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        timeout=HANG_SECONDS,
        cwd=Path(__file__).parents[3],
    )
    assert (done.returncode, done.stdout) == (0, b"[]\n"), done.stderr.decode()
