"""Words by which people name parts, splits and masks, in any case and in several languages."""

import re
import unicodedata

_GOOD = """
    good goods goodparts ok okay oks normal normals nominal pass passed conform defectfree
    nodefect nodefects nondefective noanomaly flawless
    gut gute gutteil gutteile io inordnung fehlerfrei ohnefehler
    bon bonne bons bonnes conforme conformes bueno buenos buena buenas buono buoni bom boa
    goed dobry dobre 良品 良 正常 正常品 合格 양품 정상
"""
_BAD = """
    bad ng nok ko notok notgood nogood defect defects defective defected faulty fault faults flaw
    flaws flawed anomaly anomalies anomalous anomal abnormal fail failed failure reject rejects
    rejected scrap nonconform nonconforming
    schlecht schlechte schlechtteil schlechtteile nio nichtinordnung fehler fehlerhaft fehlteile
    defekt defekte ausschuss anomalie anomalien
    mauvais mauvaise defaut defauts defectueux rebut nonconforme malo malos mala defecto defectos
    defectuoso defectuosos defeito difetto difetti difettoso scarto scarti
    fout defecte zly wada 不良 不良品 異常 异常 缺陷 欠陥 불량
"""
_TRAIN = "train training"
_TEST = "test testing tests"
_MASKS = "mask masks groundtruth gt maske masken masque masques"


def _plain(text: str) -> str:
    """Return a word without case, accents and whatever is no letter or digit."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in letters if not unicodedata.combining(c)))


_LABELS = {_plain(word): 0 for word in _GOOD.split()} | {_plain(word): 1 for word in _BAD.split()}
_SPLITS = dict.fromkeys(_TRAIN.split(), "train") | dict.fromkeys(_TEST.split(), "test")
_MASK_NAMES = frozenset(_MASKS.split())


def label_of(word: str) -> int | None:
    """Return 0 for a word for good parts, 1 for defective ones, None for any other.

    Examples
    --------
    >>> label_of("OK"), label_of("n.i.O."), label_of("Ausschuß"), label_of("scratch")
    (0, 1, 1, None)
    """
    return _LABELS.get(_plain(word))


def label_of_folder(name: str) -> int | None:
    """Return what the name of a folder says of its parts; a number behind it is passed over."""
    return label_of(re.sub(r"\d+$", "", name))


def split_of(word: str) -> str | None:
    """Return ``train`` or ``test`` for a word that means it, None for any other."""
    return _SPLITS.get(_plain(word))


def names_masks(word: str) -> bool:
    """Tell whether a folder of that name holds masks, as ``ground_truth`` does."""
    return _plain(word) in _MASK_NAMES
