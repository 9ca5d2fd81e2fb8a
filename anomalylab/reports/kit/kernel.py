"""The kernel that runs notebooks: this interpreter, which imports nothing from where it works."""

import os
import sys
from pathlib import Path
from typing import ClassVar

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from anomalylab.reports.kit.fragment import FOLDER

_LONGEST_FOLDER = 85  # of 104 bytes that the name of a socket may have

_LAUNCH = ("-P", "-m", "ipykernel_launcher", "--log-level=CRITICAL", "-f", "{connection_file}")


class _NoHeartbeat(AsyncKernelClient):
    """Speaks with a kernel from one thread.

    The thread that listens for heartbeats polls a socket which the manager closes from another
    thread; libzmq then may end the process with ``Assertion failed: pfd.revents & POLLIN``.
    Whether the kernel lives is asked of its process.
    """

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Open the channels; that of heartbeats only if asked for."""
        super().start_channels(shell, iopub, stdin, hb, control)


class ThisInterpreter(AsyncKernelManager):
    """Starts kernels with the running interpreter, whatever kernels are installed.

    Modules come from where they are installed and from ``PYTHONPATH``, never from the folder that
    the kernel works in.
    """

    place: ClassVar[Path | None] = None
    """Folder of its sockets; none to use ports of this machine."""

    @default("client_factory")
    def _client_factory_default(self) -> type[AsyncKernelClient]:
        return _NoHeartbeat

    @default("transport")
    def _transport_default(self) -> str:
        return "tcp" if self.place is None else "ipc"

    @default("ip")
    def _ip_default(self) -> str:
        return "127.0.0.1" if self.place is None else str(self.place / "kernel")

    @property
    def kernel_spec(self) -> KernelSpec:
        """How to start a kernel; no installed kernelspec is read."""
        return KernelSpec(
            argv=[sys.executable, *_LAUNCH], display_name="Python 3", language="python", env=_env()
        )


def kernel_in(folder: Path) -> type[ThisInterpreter]:
    """Return a class of kernels whose sockets are files in a folder, where the system has such.

    Ports are chosen before the kernel takes them, so that two kernels which start at once may be
    given the same one.
    """
    has_sockets = os.name == "posix" and len(str(folder)) <= _LONGEST_FOLDER
    return type("Kernel", (ThisInterpreter,), {"place": folder if has_sockets else None})


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
