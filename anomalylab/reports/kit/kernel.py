"""The kernel that runs notebooks: this interpreter, which imports nothing from where it works."""

import os
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from anomalylab.reports.kit.fragment import FOLDER

_LAUNCH = ("-P", "-m", "ipykernel_launcher", "--log-level=CRITICAL", "-f", "{connection_file}")


class ThisInterpreter(AsyncKernelManager):
    """Starts kernels with the running interpreter, whatever kernels are installed.

    Modules come from where they are installed and from ``PYTHONPATH``, never from the folder that
    the kernel works in.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """How to start a kernel; no installed kernelspec is read."""
        return KernelSpec(
            argv=[sys.executable, *_LAUNCH], display_name="Python 3", language="python", env=_env()
        )


def _env() -> dict[str, str]:
    """Let the kernel, which works in another folder, import this very package."""
    given = [
        str(Path(p).resolve()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p
    ]
    package = str(FOLDER.parent.parent)
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([package, *given])),
        "PYTHONSAFEPATH": "1",  # for what the kernel starts in turn
    }
