"""``python -m anomalylab`` is the command ``anomalylab``."""

from anomalylab.cli import main

raise SystemExit(main())
