"""Tables of images are read as what they mean; what cannot be used says why."""

import pandas as pd
import pytest
from dataset_folders import ODD_NAMES

from anomalylab import datasets
from anomalylab.errors import DatasetError, ParameterError, SchemaError, UnknownNameError


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_carries_its_further_columns(write, kind):
    root = write("data/a.png", "data/b.png", "data/c.png")
    write("data/b_mask.png", marked=True)
    table = pd.DataFrame(
        {
            "path": ["c.png", str(root / "data/a.png"), "b.png"],
            "label": ["normal", None, "1"],
            "mask_path": [None, None, "b_mask.png"],
            "split": ["train", "test", "test"],
            "shift": ["early", "late", "early"],
            "camera": [1, 2, 2],
        }
    )
    path = root / f"data/line.{kind}"
    table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
    samples = datasets.load("table", path)
    assert list(samples["image_path"]) == ["a.png", "b.png", "c.png"]
    assert list(samples["shift"]) == ["late", "early", "early"]
    assert list(samples["camera"]) == [2, 2, 1]
    assert list(samples["split"]) == ["test", "test", "train"]
    assert list(samples["label"][1:]) == [1, 0]
    assert pd.isna(samples["label"][0])
    assert samples["mask_path"][1] == "b_mask.png"
    assert samples["defect_type"][2] == "good"
    assert samples["category"][0] == "line"
    assert samples.attrs["root"] == str(root / "data")


def test_a_table_of_paths_alone_says_nothing_of_roles(write):
    root = write("a.png", "sub/b.png")
    (root / "t.csv").write_text('image_path\na.png\n"sub/b.png"\nlost.png\n')
    samples = datasets.load("table", root / "t.csv")
    assert set(samples["split"]) == {"unlabelled"}
    assert samples["label"].isna().all()
    assert samples.attrs["broken"] == [{"path": "lost.png", "reason": "there is no such file"}]


def test_odd_names_survive_a_table(write):
    root = write(*ODD_NAMES)
    pd.DataFrame({"path": ODD_NAMES}).to_csv(root / "t.csv", index=False)
    assert set(datasets.load("table", root / "t.csv")["image_path"]) == set(ODD_NAMES)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("file\na.png", SchemaError, "needs a column image_path or path"),
        ("path,width\na.png,3", SchemaError, "rename the columns"),
        ("path,score\na.png,3", SchemaError, "rename the columns"),
        ("path\na.png\na.png", SchemaError, "twice"),
        ("path,x\n,1", SchemaError, "no image path"),
        ("path,label\na.png,maybe", ParameterError, "'maybe'"),
        ("path,split\na.png,trian", UnknownNameError, "did you mean 'train'"),
        ("path", DatasetError, "no images"),
        ("", DatasetError, "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(write, text, error, message):
    root = write("a.png")
    (root / "t.csv").write_text(text)
    with pytest.raises(error, match=message):
        datasets.load("table", root / "t.csv")


@pytest.fixture
def table(write):
    """Write three images and a table of them; return what is listed."""
    for name in ("a", "b", "c"):
        root = write(f"lot 7/{name}.png")

    def table(text, encoding="utf-8"):
        (root / "t.csv").write_bytes(text.encode(encoding))
        return datasets.load("table", root / "t.csv")

    return table


ROWS = [("lot 7/a.png", "0"), ("lot 7/b.png", "1"), ("lot 7/c.png", "")]


def text_of(header, rows=ROWS, by=","):
    return "\n".join([header, *(by.join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (text_of("image_path, label", by=", "), "utf-8"),
        (text_of(" Path ;LABEL", by=" ; "), "utf-8"),
        (text_of("image_path;label", by=";"), "utf-8-sig"),
        (text_of("Image Path\tLabel", by="\t"), "utf-16"),
        ("sep=;\n" + text_of("path;label", by=";") + ";\n", "utf-8"),
        (text_of("path,label,geprüft").replace(".png,", ".png,").replace("\n", ",ü\n"), "latin-1"),
        (text_of("path,label").replace("7/", "7\\"), "utf-8"),
        (text_of("path,label").replace("lot 7/", ".\\lot 7/"), "utf-8"),
        (text_of("path,label").replace(",0", ",OK").replace(",1", ",ng"), "utf-8"),
        (text_of("path,label").replace(",0", ",good").replace(",1", ",defect"), "utf-8"),
        (text_of("path,label").replace(",0", ",gut").replace(",1", ",Ausschuss"), "utf-8"),
        (text_of("path,label").replace(",0", ",false").replace(",1", ",TRUE"), "utf-8"),
        (text_of("path,label").replace(",0", ",0.0").replace(",1", ",1.0"), "utf-8"),
    ],
)
def test_tables_are_read_as_what_they_mean(table, text, encoding):
    samples = table(text, encoding)
    assert list(samples["image_path"]) == [path for path, _ in ROWS]
    assert list(samples["label"][:2]) == [0, 1]
    assert pd.isna(samples["label"][2])
    assert samples.attrs["findings"] == []


def test_splits_count_in_any_case(table):
    samples = table(text_of("path,split", [("lot 7/a.png", "Train"), ("lot 7/b.png", " TEST ")]))
    assert list(samples["split"]) == ["train", "test"]


def test_a_near_miss_of_a_column_is_asked_about(table):
    samples = table(text_of("path,lable"))
    (found,) = samples.attrs["findings"]
    assert (found["what"], found["advice"]) == ("near_columns", "'lable': did you mean 'label'?")
    assert table(text_of("path,shift")).attrs["findings"] == []


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("path,label\n\"['a.png', 'b.png']\",1", SchemaError, r"one value.*row 1 is \['a.png'"),
        ("path,Label,label\na.png,1,1", SchemaError, "several columns 'label'"),
        ("path\nlot 7/a.png\n.\\lot 7\\a.png", SchemaError, "lists 1 images twice"),
        ("path\nC:\\data\\a.png", DatasetError, "drive of Windows"),
    ],
)
def test_a_table_that_cannot_mean_one_thing_is_refused_in_a_line(table, text, error, message):
    with pytest.raises(error, match=message) as caught:
        table(text)
    assert "\n" not in str(caught.value)


def test_a_list_in_a_cell_of_parquet_is_refused(write):
    root = write("a.png")
    pd.DataFrame({"path": ["a.png"], "tags": [["x", "y"]]}).to_parquet(root / "t.parquet")
    with pytest.raises(SchemaError, match="a cell holds one value, but 'tags' of row 1"):
        datasets.load("table", root / "t.parquet")
