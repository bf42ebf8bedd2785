"""What a table means: dialects and headers, kinds of columns, target and task, missing cells, formats, limits."""

import contextlib
import gzip
import io
import json
import os
import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.model import file, table
from playground.model.dataset import TRAIN, DataError
from playground.model.experiment import Experiment
from playground.model.reading import dialect, export, text, words
from playground.model.reading.flags import Flags, from_texts
from playground.model.reading.reading import Reading, open_file


@pytest.fixture
def read(tmp_path: Path):
    """Writes a content into a file and reads it."""

    def call(content: str | bytes, name: str = "d.csv", **flags) -> Reading:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return open_file(path, from_texts(flags))

    return call


def kinds(found: Reading) -> dict[str, str]:
    return {column["name"]: column["kind"] for column in found.columns}


def uses(found: Reading) -> dict[str, str]:
    return {column["name"]: column["use"] for column in found.columns}


ROWS = [(1.5, 10, "a"), (2.5, 30, "b"), (0.5, 20, "a"), (1.0, 40, "b"), (3.0, 50, "a"), (2.0, 70, "b")]


def lines(form: str, rows=ROWS) -> str:
    return "".join(form.format(*row) + "\n" for row in rows)


# dialect and header


@pytest.mark.parametrize(
    "content",
    [
        "u,v,k\n" + lines("{0},{1},{2}"),
        "u;v;k\n" + lines("{0};{1};{2}"),
        "u\tv\tk\n" + lines("{0}\t{1}\t{2}"),
        "u|v|k\n" + lines("{0}|{1}|{2}"),
        "u v k\n" + lines("{0}   {1} {2}"),
        "u  v  k\n" + lines("  {0}\t{1}   {2}"),
        "sep=|\nu|v|k\n" + lines("{0}|{1}|{2}"),
        "# measured in May\n# by us\nu,v,k\n" + lines("{0},{1},{2}"),
        "# u v k\n" + lines("{0} {1} {2}"),
        "Measured in May\n\nu,v,k\n" + lines("{0},{1},{2}"),
        "u,v,k,\n" + lines("{0},{1},{2},"),
        "u,v,k\n" + lines("{0},{1},{2},"),
        "u,v,k\n" + lines("{0},{1},{2}") + ",,\n,,\n\n",
        '"u","v","k"\n' + lines('"{0}","{1}","{2}"'),
        "u, v, k\n" + lines('{0}, {1}, "{2}"'),
        "u,v,k\r" + lines("{0},{1},{2}").replace("\n", "\r"),
    ],
)
def test_one_table_in_many_dialects(read, content: str) -> None:
    data = read(content).dataset
    assert data.feature_names == ("u", "v")
    assert data.inputs.tolist() == [[u, v] for u, v, _ in ROWS]
    assert data.class_names == ("a", "b")


def test_a_table_without_a_header_loses_no_row(read) -> None:
    found = read(lines("{0},{1},{2}"))
    assert found.dataset.samples == 6
    assert [column["name"] for column in found.columns] == ["x1", "x2", "y"]


def test_a_header_that_counts_is_a_header(read) -> None:
    assert read("0,1,2\n" + lines("{0},{1},{2}")).dataset.feature_names == ("0", "1")


def test_years_as_names_are_a_header(read) -> None:
    content = "place,2001,2002,2003,kind\n" + "".join(
        f"p{n % 3},{n}.5,{n * 7 % 5}.1,{n},{'ab'[n % 2]}\n" for n in range(9)
    )
    assert "2001" in read(content).dataset.feature_names


def test_three_header_rows_name_columns_together(read) -> None:
    found = read("u,v,k\nlength,mass,\nin cm,in g,\n" + lines("{0},{1},{2}"))
    assert found.dataset.feature_names == ("u length in cm", "v mass in g")
    assert "3 header rows name the columns together" in found.notes


def test_a_frame_with_two_levels_of_columns_is_read(read) -> None:
    content = ",a,a,k\n,u,v,\nid,,,\n" + "".join(f"{n},{u},{v},{k}\n" for n, (u, v, k) in enumerate(ROWS))
    assert read(content).dataset.feature_names == ("a u", "a v")


def test_an_index_without_a_name_is_a_row_number(read) -> None:
    found = read(",u,k\n" + "".join(f"{n},{u},{k}\n" for n, (u, _, k) in enumerate(ROWS)))
    assert kinds(found)["Unnamed: 0"] == "row_number"
    assert found.dataset.feature_names == ("u",)


def test_numbers_without_a_name_that_differ_in_each_row_are_row_numbers(read) -> None:
    found = read(",u,k\n" + "".join(f"{n * 37 % 41},{u},{k}\n" for n, (u, _, k) in enumerate(ROWS)))
    assert found.dataset.feature_names == ("u",)


def test_row_names_that_the_header_passes_over_are_left_out(read) -> None:
    found = read("u v k\n" + "".join(f'"{n}" {u} {v} "{k}"\n' for n, (u, v, k) in enumerate(ROWS, 1)))
    assert found.dataset.feature_names == ("u", "v")
    assert kinds(found)["Unnamed: 0"] == "row_number"


def test_a_column_of_one_name_is_no_title(read) -> None:
    found = read('"","x"\n' + "".join(f'"{n}",{n * 7 % 5}.5\n' for n in range(9)))
    assert (found.rows, found.target) == (9, "x")


def test_numbers_above_an_index_are_names(read) -> None:
    found = read('"","142.2","144.7","k"\n' + "".join(f'"r{n}",{n},{n * 3 % 7},{"ab"[n % 2]}\n' for n in range(9)))
    assert found.dataset.feature_names == ("142.2", "144.7")


def test_a_row_that_counts_rows_and_features_is_no_data(read) -> None:
    found = read("6,2,left,right\n" + "".join(f"{u},{v},{int(k == 'b')}\n" for u, v, k in ROWS))
    assert (found.rows, found.dataset.feature_names) == (6, ("x1", "x2"))


@pytest.mark.parametrize("header", ["on", "off"])
def test_the_flag_decides_about_the_header(read, header: str) -> None:
    content = lines("{0},{1},{2}")
    assert read(content, header=header).rows == (5 if header == "on" else 6)


def test_delimiter_decimal_and_encoding_may_be_given(read) -> None:
    content = "größe/k\n1,5/a\n2,5/b\n1,0/a\n".encode("cp850")
    data = read(content, delimiter="/", decimal=",", encoding="cp850").dataset
    assert data.feature_names == ("größe",)
    assert data.inputs.ravel().tolist() == [1.5, 2.5, 1.0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_found(read, encoding: str) -> None:
    content = ("größe,k\n" + "1,é\n2,ü\n3,é\n4,ü\n" * 5).encode(encoding)
    found = read(content).dataset
    assert (found.feature_names, found.class_names) == (("größe",), ("é", "ü"))


def test_much_text_beyond_ascii_may_speak_for_another_encoding() -> None:
    content = ("рост,пол\n" + "1,мужской\n2,женский\n" * 20).encode("cp1251")
    assert text.decode(content).content.decode().startswith("рост,пол")


@pytest.mark.parametrize("flags", [{"delimiter": "ab"}, {"decimal": ";"}, {"missing": "mean"}, {"task": "cooking"}])
def test_a_flag_that_cannot_be_is_refused(flags) -> None:
    with pytest.raises(DataError, match=next(iter(flags))):
        from_texts(flags)


# words


@pytest.mark.parametrize(
    ("word", "decimal", "value"),
    [
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("$ 12", ".", 12),
        ("-€3.50", ".", -3.5),
        ("28.7%", ".", 28.7),
        ("\u22125", ".", -5),
        ("1 000 000", ".", 1e6),
        ("1'000", ".", 1000),
        ("1e-3", ".", 0.001),
        ("12a", ".", None),
        ("1,2,3", ".", None),
        ("", ".", None),
        ("%", ".", None),
        ("E01", ".", None),
    ],
)
def test_a_word_that_says_a_number(word: str, decimal: str, value: float | None) -> None:
    assert words.number(word, decimal) == value


def test_a_decimal_comma_in_one_column_is_its_own(read) -> None:
    found = read('u,k\n"1,5",a\n"2,25",b\n"3,0",a\n')
    assert found.dataset.inputs.ravel().tolist() == [1.5, 2.25, 3.0]


def test_yes_and_no_are_one_and_zero(read) -> None:
    found = read("smoker,u,k\n" + "yes,1.5,a\nno,2.5,b\nYes,3.5,a\nNO,1,b\n")
    assert found.dataset.inputs[:, 0].tolist() == [1, 0, 1, 0]


def test_levels_that_differ_in_case_or_blanks_are_one_and_told(read) -> None:
    found = read("u,k\n1,Gull\n2,gull \n3,tern\n4,Gull\n5,tern\n6,tern\n")
    assert found.dataset.class_names == ("Gull", "tern")
    assert any("differ in case or blanks" in note for note in found.notes)


# kinds and roles


def test_kinds_have_reasons(read) -> None:
    rows = "".join(
        f"{n + 1},{n * 7 % 5}.5,{'xyz'[n % 3]},2020-0{n % 3 + 1}-{n + 1:02},word{n},7,{'ab'[n % 2]}\n"
        for n in range(25)
    )
    found = read("id,n,c,d,t,same,k\n" + rows)
    assert kinds(found) == {
        "id": "row_number",
        "n": "number",
        "c": "category",
        "d": "date",
        "t": "text",
        "same": "constant",
        "k": "category",
    }
    assert found.dataset.feature_names == ("n", "c=x", "c=y", "c=z", "d_month", "d_weekday")
    assert all(column["reason"] for column in found.columns)
    assert "t left out (text)" in found.line


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("{y}-{m:02}-{d:02}", 2019),
        ("{d}.{m}.{y}", 2019),
        ("{d:02}/{m:02}/{y}", 2019),
        ("{y}-{m:02}-{d:02}T10:00:00Z", 2019),
    ],
)
def test_dates_are_read_in_many_forms(read, form: str, first: int) -> None:
    rows = "".join(form.format(y=2019 + n % 3, m=n % 12 + 1, d=n + 1) + f",{n * 7 % 5}.5\n" for n in range(28))
    found = read("d,y\n" + rows)
    assert found.dataset.feature_names == ("d_year", "d_month", "d_weekday")
    assert found.dataset.inputs[0, :2].tolist() == [first, 1]


def test_days_written_as_whole_numbers_are_dates_in_a_column_called_so(read) -> None:
    rows = "".join(f"2020{n + 1:02}15,2020{n + 1:02}15,{n}.5\n" for n in range(9))
    assert kinds(read("date,n,y\n" + rows)) == {"date": "date", "n": "number", "y": "number"}


def test_an_order_of_day_and_month_that_is_not_sure_is_told(read) -> None:
    found = read("d,y\n" + "".join(f"0{n + 1}/0{n % 3 + 1}/2020,{n}.5\n" for n in range(9)))
    assert any("would do as well" in note for note in found.notes)


def test_more_than_twenty_levels_are_left_out_unless_kept(read) -> None:
    content = "c,u,y\n" + "".join(f"w{n % 21},{n * 7 % 11},{n}.5\n" for n in range(63))
    assert uses(read(content))["c"] == "left_out"
    assert len(read(content, keep="c").dataset.feature_names) == 22


def test_codes_among_numbers_make_text(read) -> None:
    content = "code,u,y\n" + "".join(f"{n // 2},{n * 7 % 11},{n}.5\n" for n in range(60)) + "17a,3,2.5\n"
    found = read(content)
    assert kinds(found)["code"] == "text"
    assert uses(found)["code"] == "left_out"


def test_a_column_that_is_constant_in_the_used_rows_is_left_out(read) -> None:
    rows = "".join(f"a,{n * 7 % 11},{n}.5\n" for n in range(20))
    content = "c,u,y\nb,3,\n" + rows
    assert read(content, target="y").dataset.feature_names == ("u",)


def test_numbers_may_be_made_categories(read) -> None:
    content = "c,u,y\n" + "".join(f"{n % 3},{n * 7 % 11},{n}.5\n" for n in range(9))
    assert read(content, categorical="c").dataset.feature_names == ("c=0", "c=1", "c=2", "u")


def test_the_only_feature_is_never_left_out(read) -> None:
    found = read("id,y\n" + "".join(f"{n},{n}.5\n" for n in range(9)))
    assert found.dataset.feature_names == ("id",)
    assert any("the only feature" in note for note in found.notes)


def test_a_dropped_column_is_left_out_and_an_unknown_one_told(read) -> None:
    content = "u,v,k\n" + lines("{0},{1},{2}")
    assert read(content, drop="U").dataset.feature_names == ("v",)
    with pytest.raises(DataError, match="no column for --drop 'w'; its columns are u, v, k"):
        read(content, drop="w")


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("species,u,k", "species"),
        ("Class,u,k", "Class"),
        ("y,u,k", "k"),
        ("label,u,target", "target"),
        ("label,class,k", "k"),
    ],
)
def test_the_target_is_the_last_column_unless_one_other_is_called_so(read, header: str, target: str) -> None:
    content = header + "\n" + "".join(f"{'ab'[n % 2]},{'cd'[n % 2]},{'ef'[n % 2]}\n" for n in range(8))
    assert read(content).target == target


@pytest.mark.parametrize(("different", "task"), [(5, None), (8, "regression"), (15, "classification"), (25, None)])
def test_the_border_between_classes_and_regression_is_told(read, different: int, task: str | None) -> None:
    found = read("u,y\n" + "".join(f"{n * 7 % 11}.5,{n % different}\n" for n in range(100)))
    told = [note for note in found.notes if "different whole numbers" in note]
    assert [f"--task {task}" in note for note in told] == ([True] if task else [])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([f"c{n}" for n in range(20)], "nearly as many"),
        (["a", "b"] * 9 + ["c"] * 2, "with fewer than 3 rows: c (2)"),
        (["a"] * 60 + ["b"] * 4, "out of balance: a has 60 rows, b 4"),
    ],
)
def test_what_may_be_wrong_with_classes_is_told(read, labels, said: str) -> None:
    found = read("u,k\n" + "".join(f"{n * 7 % 11}.5,{label}\n" for n, label in enumerate(labels)))
    assert any(said in note for note in found.notes)


# missing cells


def with_gaps(gaps: int, rows: int = 40) -> str:
    return "u,c,k\n" + "".join(
        f"{'' if n < gaps else n * 7 % 11},{'?' if n == 0 else 'xy'[n % 2]},{'ab'[n % 2]}\n" for n in range(rows)
    )


def test_few_incomplete_rows_are_left_out_and_counted(read) -> None:
    found = read(with_gaps(3))
    assert found.dataset.samples == 37
    assert found.describe()["left_out"] == [{"reason": "u missing", "rows": 2}, {"reason": "u, c missing", "rows": 1}]


def test_many_incomplete_rows_are_filled_with_the_training_sets_medians(read) -> None:
    found = read(with_gaps(10))
    assert found.dataset.samples == 40
    for seed in (0, 1):
        data = Experiment(data=found.dataset, seed=seed).dataset
        known = (data.sets == TRAIN) & ~found.dataset.missing[:, 0]
        assert (data.inputs[:10, 0] == np.median(data.inputs[known, 0])).all()
        assert data.inputs[0, 1:].sum() == 1
        assert (data.inputs[10:] == found.dataset.inputs[10:]).all()
    assert any("u 10" in note for note in found.notes)


@pytest.mark.parametrize(("rule", "rows"), [("drop", 30), ("median", 40)])
def test_the_rule_for_missing_cells_may_be_given(read, rule: str, rows: int) -> None:
    assert read(with_gaps(10), missing=rule).dataset.samples == rows


def test_a_project_keeps_what_reading_found(read, tmp_path: Path) -> None:
    data = read(with_gaps(10)).dataset
    file.save(tmp_path / "a.playground", Experiment(data=data))
    assert file.load(tmp_path / "a.playground").experiment.data == data
    assert data.replace(encoding=None) != data


# formats


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def sheet(rows) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("cover").write(0, 0, "About")
        page = book.add_worksheet("data")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def ods(rows) -> bytes:
    def cell(value) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="one">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()


def saved(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


CSV = "u,v,k\n" + lines("{0},{1},{2}")
FIELDS = np.array(ROWS, dtype=[("u", "f8"), ("v", "i4"), ("k", "U1")])
ARFF = "% a comment\n@RELATION r\n@attribute u real\n@ATTRIBUTE 'v' NUMERIC\n@attribute k {a, b}\n@data\n"
RECORDS = [dict(zip("uvk", row)) for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((f"d.{kind}", CSV.encode()) for kind in ("csv", "CSV", "txt", "data", "dat")),
        *((f"d.{kind}", CSV.replace(",", "\t").encode()) for kind in ("tsv", "tab")),
        ("d.csv.gz", gzip.compress(CSV.encode())),
        ("d.csv.gz", gzip.compress(CSV[:9].encode()) + gzip.compress(CSV[9:].encode())),
        ("d.zip", zipped("inner.csv", CSV.encode())),
        ("d.csv.zip", zipped("folder/inner.tsv", CSV.replace(",", "\t").encode())),
        ("d.xlsx", sheet([("u", "v", "k"), *ROWS])),
        ("d.xlsx.gz", gzip.compress(sheet([("u", "v", "k"), *ROWS]))),
        ("d.ods", ods([("u", "v", "k"), *ROWS])),
        ("d.npy", saved(FIELDS)),
        ("d.arff", (ARFF + lines("{0},{1},{2}")).encode()),
        ("d.arff.gz", gzip.compress((ARFF + lines("{0}, {1}, '{2}'")).encode())),
        ("d.json", json.dumps(RECORDS).encode()),
        ("d.json", "\n".join(map(json.dumps, RECORDS)).encode()),
        ("d.json", json.dumps({name: [row[name] for row in RECORDS] for name in "uvk"}).encode()),
        ("d.json.zip", zipped("d.json", json.dumps({"data": RECORDS}).encode())),
    ],
)
def test_one_table_in_every_format(read, name: str, content: bytes) -> None:
    data = read(content, name).dataset
    assert data.feature_names == ("u", "v")
    assert data.inputs.tolist() == [[u, v] for u, v, _ in ROWS]
    assert [data.class_names[int(value)] for value in data.targets] == [k for *_, k in ROWS]
    assert data.source == name


def test_a_matrix_has_its_target_last(read) -> None:
    data = read(saved(np.array([(u, v, k == "b") for u, v, k in ROWS], float)), "d.npy").dataset
    assert (data.feature_names, data.class_names) == (("x1", "x2"), ("0", "1"))


def test_a_sheet_may_be_named(read) -> None:
    with pytest.raises(DataError, match="no sheet 'x'; its sheets are cover, data"):
        read(sheet([("u", "k"), (1, "a"), (2, "b")]), "d.xlsx", sheet="x")


def test_an_arff_declares_categories_of_numbers(read) -> None:
    content = (
        "@relation r\n@attribute c {0,1}\n@attribute u real\n@attribute y real\n@data\n0,1,1.5\n1,?,2.5\n0,3,0.5\n"
    )
    found = read(content + "1,2,0.7\n" * 12, "d.arff")
    assert kinds(found)["c"] == "category"
    assert found.left_out == (("u missing", 1),)


def test_keras_own_names_are_read(tmp_path: Path) -> None:
    images = np.arange(5 * 2 * 2, dtype=np.uint8).reshape(5, 2, 2)
    np.savez(tmp_path / "d.npz", x_train=images[:3], y_train=[0, 1, 0], x_test=images[3:], y_test=[1, 0])
    data = table.read(tmp_path / "d.npz")
    assert data.sets.tolist() == [0, 0, 0, 2, 2]
    assert data.image == (2, 2)


# export


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".npz"])
def test_what_a_spreadsheet_would_take_for_a_formula_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    from playground.model.dataset import Dataset

    names = ("=1+1", "@x", "-a", "+b", "'=q", "23", "NA", "2020-01-05", "it's", "'tis")
    data = Dataset(
        np.random.default_rng(0).random((40, 2)), np.arange(40) % 10, class_names=names, feature_names=("=c", "d")
    )
    table.write(data, tmp_path / f"d{suffix}")
    again = table.read(tmp_path / f"d{suffix}")
    assert (again.inputs == data.inputs).all()
    assert again.feature_names == data.feature_names
    assert [again.class_names[int(value)] for value in again.targets] == [names[int(value)] for value in data.targets]
    if suffix == ".csv":
        cells = (tmp_path / "d.csv").read_text().replace("\n", ",").split(",")
        assert not [cell for cell in cells if cell[:1] in ("=", "@", "+")]


def test_a_feature_called_like_a_target_stays_a_feature(tmp_path: Path) -> None:
    from playground.model.dataset import Dataset

    data = Dataset([[1.5, 2], [2.5, 3], [0.5, 7]], [0.5, 1.5, 2.5], feature_names=("label", "v"))
    table.write(data, tmp_path / "d.csv")
    assert table.read(tmp_path / "d.csv").feature_names == ("label", "v")


def test_targets_that_would_read_as_classes_are_told(tmp_path: Path) -> None:
    from playground.model.dataset import Dataset

    assert "--task regression" in export.hint(Dataset([[1.5], [2.5]], [1.0, 2.0]))
    assert not export.hint(Dataset([[1.5], [2.5]], [1.0, 2.5]))


# hostile files


def bomb(size: int) -> bytes:
    return gzip.compress(b"1,2\n" * (size // 4), 9)


def wide_sheet() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet([("u", "k"), (1, "a")]))) as old, zipfile.ZipFile(content, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace(b'r="B2"', b'r="XFD1048576"'))
    return content.getvalue()


HOSTILE = {
    "a million columns": ("d.csv", lambda: b",".join([b"1"] * 10**6) + b"\n", "columns"),
    "a million names": (
        "d.csv",
        lambda: ",".join(f"n{n}" for n in range(10**6)).encode() + b"\n" + b"1," * 999_999 + b"1\n",
        "columns",
    ),
    "a long line": ("d.csv", lambda: b"a,b\n" + b"1" * (40 << 20), "a line of more than"),
    "a quote without end": ("d.csv", lambda: b'a,b\n1,2\n"3,4\n' + b"5,6\n" * 10_000, "a quote begins here"),
    "header only": ("d.csv", lambda: b"a,b,c\n", "header row only"),
    "blank lines": ("d.csv", lambda: b"\n" * 10**6, "is empty"),
    "NUL bytes": ("d.csv", lambda: b"a,b\n1,\0\n", "NUL"),
    "zeros": ("d.csv", lambda: b"\0" * 10**6, "NUL"),
    "a gzip bomb": ("d.csv.gz", lambda: bomb(200 << 20), "200 times its size"),
    "a zip bomb": ("d.zip", lambda: zipped("d.csv", b"1,2\n" * (50 << 20)), "200 times its size"),
    "a zip in a zip": ("d.zip", lambda: zipped("d.zip", zipped("d.csv", b"a,b\n")), "accepted are"),
    "no gzip": ("d.csv.gz", lambda: b"hello", "no gzip"),
    "no zip": ("d.zip", lambda: b"hello", "no zip"),
    "no spreadsheet": ("d.xlsx", lambda: b"hello", "no spreadsheet"),
    "a zip that is no spreadsheet": ("d.xlsx", lambda: zipped("a.txt", b"hello"), "no spreadsheet"),
    "a sheet of seventeen thousand million cells": ("d.xlsx", wide_sheet, "cells are read"),
    "no NPY": ("d.npy", lambda: b"hello", "no NPY"),
    "pickled objects": ("d.npy", lambda: saved(np.array([[{}]], object)), "pickled objects"),
    "no ARFF": ("d.arff", lambda: b"hello", "expected @attribute"),
    "deep JSON": ("d.json", lambda: b"[" * 10**6, "JSON|nested"),
    "nested JSON": ("d.json", lambda: b'[{"a": [1], "b": 2}]', "every value must be"),
    "a picture": ("d.csv", lambda: bytes(range(256)) * 100, "NUL|not"),
    "another ending": ("d.docx", lambda: b"hello", "accepted are"),
    "mixed types": ("d.csv", lambda: b"a,b\n" + b"1.5,0\n2.5,1\n" * 30 + b"oops,1\n", "found 'oops' among numbers"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    ending, content, said = HOSTILE[name]
    (tmp_path / ending).write_bytes(content())
    with pytest.raises(DataError, match=said) as caught:
        open_file(tmp_path / ending)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_and_a_link_to_a_device_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(DataError, match="a pipe or a device"):
            open_file(tmp_path / name)


def test_names_that_occur_twice_are_told(read) -> None:
    found = read("a,a,y\n" + lines("{0},{1},{2}"))
    assert found.dataset.feature_names == ("a", "a_2")
    assert any("two columns are called 'a'" in note for note in found.notes)


SEEDS = {
    "d.csv": CSV.encode(),
    "d.arff": (ARFF + lines("{0},{1},{2}")).encode(),
    "d.json": json.dumps(RECORDS).encode(),
    "d.xlsx": sheet([("u", "v", "k"), *ROWS]),
    "d.ods": ods([("u", "v", "k"), *ROWS]),
    "d.npy": saved(np.array([(u, v, 1.0) for u, v, _ in ROWS])),
    "d.csv.gz": gzip.compress(CSV.encode()),
    "d.zip": zipped("d.csv", CSV.encode()),
}
ODD = [
    b"\0",
    b'"',
    b"'",
    b",",
    b"\n",
    b"\r",
    b";",
    b"\xff",
    b"1e999",
    b"NaN",
    b"=",
    b"#",
    b"{",
    b"<",
    b" ",
    b"\t",
    b"\xc3",
]


@pytest.mark.parametrize("name", SEEDS)
def test_no_damage_raises_another_error(tmp_path: Path, name: str) -> None:
    """A short form of what ``PLAYGROUND_FUZZ=10000`` runs at length."""
    rng = random.Random(0)
    for _ in range(int(os.environ.get("PLAYGROUND_FUZZ", "60"))):
        content = bytearray(SEEDS[name])
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(content))
            if rng.random() < 0.5:
                content[place] = rng.randrange(256)
            else:
                content[place : place + rng.randint(0, 3)] = rng.choice(ODD)
        (tmp_path / name).write_bytes(content[: rng.randint(1, len(content))] if rng.random() < 0.2 else content)
        try:
            open_file(tmp_path / name)
        except DataError as error:
            assert "\n" not in str(error)


def test_a_dialect_is_found_within_its_time() -> None:
    odd = "".join(random.Random(1).choice("abc,;|\t '\"\n1.") for _ in range(60_000))
    began = time.monotonic()
    with contextlib.suppress(DataError):
        dialect.detect(text.decode(odd.encode()), Flags())
    assert time.monotonic() - began < 5
