"""`python -m ldes_shok`."""

import sys

from ldes_shok.cli.main import main

sys.exit(main())
