"""The files that a run was made of, where they lie now: read, and nothing else."""

from functools import cached_property
from pathlib import Path

from anomalylab import datasets
from anomalylab.errors import DatasetError
from anomalylab.images.files import read_bytes
from anomalylab.images.inside import why_outside
from anomalylab.runs.folder import Run


class Originals:
    """The images of a run.

    Parameters
    ----------
    run : Run
    data : path, optional
        Their folder; where they were when the run was made if not given.
    """

    def __init__(self, run: Run, data: Path | str | None = None):
        self.run = run
        self._data = data

    @cached_property
    def root(self) -> Path:
        """Folder of the images.

        Raises
        ------
        DatasetError
            If it is not there.
        """
        dataset, folder = self.run.info.dataset, self.run.folder
        if self._data is not None:
            root = Path(self._data)
        elif dataset.path is not None:
            root = folder.resolve() / dataset.path
        elif datasets.registry.brings_images(dataset.loader):
            root = Path(datasets.load(dataset.loader, None, **dataset.params).attrs["root"])
        else:
            raise DatasetError(f"{folder} does not say where its images are; give --data FOLDER")
        if not root.is_dir():
            raise DatasetError(f"{root} is no folder; give the folder of the images with --data")
        return root

    def read(self, image_path: str) -> bytes:
        """Return the bytes of an image.

        Parameters
        ----------
        image_path : str
            As in SAMPLES.

        Raises
        ------
        DatasetError
            If it is gone, or lies outside of the folder: the run may be a stranger's. Links are
            followed only below a folder that a person gave.
        """
        file = self.run.files_of_images.get(image_path, image_path)
        path = self.root / file
        if why_outside(file) or not self._is_below(path):
            raise DatasetError(f"{image_path} leads out of the folder of the images")
        if not path.is_file():
            raise DatasetError(f"{image_path} is gone")
        return read_bytes(path)

    def _is_below(self, path: Path) -> bool:
        return self._data is not None or path.resolve().is_relative_to(self.root.resolve())
