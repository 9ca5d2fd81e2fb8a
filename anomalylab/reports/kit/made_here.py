"""Where a run goes that a notebook makes itself."""

from pathlib import Path


def folder_for(data: str, category: str, recipe: str) -> Path:
    """Return a run folder below ``reports``, called by what the run is made of and by which recipe.

    Parameters
    ----------
    data : str
        Folder of images or table of their paths, built-in ones if empty.
    category : str
        Product that is taken, all if empty.
    recipe : str
        Its name on the command line.
    """
    path = Path(data).resolve()
    images = (path.name if path.is_dir() else path.stem) if data else "built-in"
    return Path("reports", "-".join(filter(None, [images, category, recipe])))
