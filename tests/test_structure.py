"""The package stays in small pieces: functions, modules, the mean of all functions, and tests."""

import ast
import io
import tokenize
from functools import cache
from pathlib import Path

import anomalylab

ROOT = Path(anomalylab.__file__).parent
N_SHOWN = 10
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_TEST_FILE = 400
MOST_LINES_ON_AVERAGE = 9
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def code_lines(source):
    """Numbers of the lines that hold more than a comment; a text over lines counts whole."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            found.update(range(token.start[0], token.end[0] + 1))
    return found


def functions_of(source):
    """Name and number of code lines of every function, docstrings left out."""
    lines = code_lines(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = set(range(node.lineno, node.end_lineno + 1))
            if ast.get_docstring(node, clean=False) is not None:
                inside -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
            yield node.name, len(inside & lines)


@cache
def modules():
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(ROOT.rglob("*.py"))
    }


@cache
def functions():
    return [
        (n_lines, f"{module}: {name}")
        for module, source in modules().items()
        for name, n_lines in functions_of(source)
    ]


def longest(found):
    ranked = sorted(found, reverse=True)[:N_SHOWN]
    return "the longest:\n" + "\n".join(f"{n_lines:5} {name}" for n_lines, name in ranked)


def test_lines_are_counted_without_docstrings_comments_and_blanks():
    source = (
        'def one(a):\n    """Two\n    lines."""\n\n    # why\n'
        '    b = """x\n\n    y"""\n    return b\n\n\n'
        "class Two:\n    def three(self): return 3  # and so on\n"
    )
    assert list(functions_of(source)) == [("one", 5), ("three", 1)]


def test_no_function_is_longer_than_a_screen():
    assert max(functions())[0] <= MOST_LINES_OF_A_FUNCTION, longest(functions())


def test_no_module_is_longer_than_a_few_screens():
    found = [(len(source.splitlines()), name) for name, source in modules().items()]
    assert max(found)[0] <= MOST_LINES_OF_A_MODULE, longest(found)


def test_functions_are_short_on_average():
    mean = sum(n_lines for n_lines, _ in functions()) / len(functions())
    assert mean <= MOST_LINES_ON_AVERAGE, f"{mean:.2f} lines; {longest(functions())}"


def test_no_file_of_tests_is_longer_than_some_screens():
    tests = Path(__file__).parent
    found = [
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(tests).as_posix())
        for path in tests.rglob("*.py")
    ]
    assert max(found)[0] <= MOST_LINES_OF_A_TEST_FILE, longest(found)
