"""``python -m anomalylab`` is the command ``anomalylab``."""

from anomalylab.cli.main import main

raise SystemExit(main())
