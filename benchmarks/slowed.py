"""The service on a store of which one read takes two seconds, whenever it is asked for.

`python -m benchmarks.slowed CONFIG`. Which read that is, a request chooses: of an IRI with `SLOW`.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Final

from ldes_shok.cli.main import run
from ldes_shok.log.records import MemberRow
from ldes_shok.log.sqlite.reader import SqliteLogReader

SLOW: Final = "traag"
SLOW_SECONDS: Final = 2.0


def main(config: str) -> int:
    """Serve until SIGTERM."""
    member = SqliteLogReader.member

    def slowed(reader: SqliteLogReader, iri: str) -> MemberRow | None:
        if SLOW in iri:
            time.sleep(SLOW_SECONDS)
        return member(reader, iri)

    setattr(SqliteLogReader, "member", slowed)  # noqa: B010  of the class, in place
    return run(["serve", "--config", config], os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
