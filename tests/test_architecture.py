"""The shape of the package, held by reading its source: layers, who may touch what, sizes, and what an import costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import foleycli
from foleycli.version import __version__

PACKAGE = Path(foleycli.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))

FLOORS = (  # from the ground up: a package imports lower floors or itself
    ("errors", "signals", "version"),
    ("atomic", "text", "timeline", "types"),
    ("specs",),
    ("cues", "scenes"),
    ("video",),
    ("audio",),
    ("library",),
    ("networks",),
    ("sampling",),
    ("bundles",),
    ("models",),
    ("pipeline",),
    ("training",),
    ("evaluation",),
    ("reports",),
    ("workflows",),
    ("editor",),
    ("__init__",),  # what `from foleycli import ...` gives
    ("cli",),
)
LAYERS = {name: floor for floor, names in enumerate(FLOORS) for name in names}
ARRAYS = {"numpy", "einops"}
THIRD_PARTY = {  # what a package may import beside the standard library, lazily or for the type checker too
    "errors": set(), "signals": set(), "version": set(),
    "atomic": set(), "text": set(), "timeline": set(), "types": {"numpy"},
    "specs": set(), "cues": {"opentimelineio"},
    "scenes": {*ARRAYS, "torch"},
    "video": {*ARRAYS, "av", "ffmpeg", "imageio_ffmpeg", "soundfile"},
    "audio": {*ARRAYS, "av", "soundfile", "soxr"},
    "library": {*ARRAYS, "soundfile", "soxr", "platformdirs"},
    "networks": {*ARRAYS, "torch"},
    "sampling": {*ARRAYS, "torch"},
    "bundles": {*ARRAYS, "torch", "safetensors", "huggingface_hub", "platformdirs"},
    "models": {*ARRAYS, "torch"},
    "pipeline": {*ARRAYS, "torch"},
    "training": {*ARRAYS, "torch", "safetensors"},
    "evaluation": {*ARRAYS, "torch"},
    "reports": {*ARRAYS, "jinja2", "PIL"},
    "workflows": {*ARRAYS, "torch", "soundfile"},
    "editor": {*ARRAYS, "starlette", "uvicorn", "soundfile"},
    "cli": {"typer", "click", "rich"},
}  # fmt: skip
CLI_LINES = 1800
ALSO = {  # and one file, beside its package
    "video/pictures.py": {"PIL"},
    "models/sound_namer/zero_shot.py": {"transformers"},
    "networks/codecs/kl_vae.py": {"diffusers"},
    "training/data/sounds.py": {"soundfile", "soxr"},
    "training/mdsgen/tagger.py": {"ai_edge_litert"},
    "evaluation/cases.py": {"av"},
    "reports/figure/sound.py": {"soundfile"},
    "cli/commands/doctor.py": {"torch"},
    "workflows/config.py": {"platformdirs"},
    "workflows/batch/ray_executor.py": {"ray"},
}


def unit(path: Path) -> str:
    """The package or top-level module that a file belongs to: the thing that has a layer."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


PACKAGES: dict[str, list[Path]] = {}  # one test for each, not for each of hundreds of files
for file in FILES:
    PACKAGES.setdefault(unit(file), []).append(file)
per_package = pytest.mark.parametrize("files", PACKAGES.values(), ids=PACKAGES)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports anywhere in it: lazily too, and for the type checker."""
    return tuple(_imports(tree_of(path), name(path)))


def _imports(tree: ast.Module, where: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where}: a relative import; write foleycli.x.y"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_unit(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "__init__"


@per_package
def test_imports_point_down(files: list[Path]) -> None:
    for path in files:
        for dotted in imports(path):
            if dotted.split(".")[0] != "foleycli":
                continue
            below = our_unit(dotted)
            own = below == unit(path)
            assert own or LAYERS[below] < LAYERS[unit(path)], f"{name(path)} imports {dotted}, which is not below it"


@per_package
def test_each_package_keeps_to_its_libraries(files: list[Path]) -> None:
    for path in files:
        roots = {dotted.split(".")[0] for dotted in imports(path)} - sys.stdlib_module_names - {"foleycli"}
        allowed = THIRD_PARTY.get(unit(path), set()) | ALSO.get(name(path), set())
        assert roots <= allowed, f"{name(path)} imports {roots - allowed}"


def test_the_hub_processes_and_diffusers_are_touched_in_one_place_each() -> None:
    owners = {
        "huggingface_hub": {"bundles/hub.py"},
        "subprocess": {"video/ffmpeg.py", "audio/playing.py"},
        "diffusers": {"networks/codecs/kl_vae.py"},
    }
    for path in FILES:
        for dotted in imports(path):
            root = dotted.split(".")[0]
            assert name(path) in owners.get(root, {name(path)}), f"{name(path)} imports {root}"
            assert dotted not in ("os.system", "os.popen", "os.fork"), name(path)


def module_of(dotted: str) -> str | None:
    """The file that a dotted name of ours comes from."""
    parts = dotted.split(".")[1:]
    for length in (len(parts), len(parts) - 1):
        stem = PACKAGE.joinpath(*parts[:length])
        if length and stem.with_suffix(".py").is_file():
            return name(stem.with_suffix(".py"))
        if (stem / "__init__.py").is_file():
            return name(stem / "__init__.py")
    return None


def test_no_import_cycle() -> None:
    graph = {
        name(path): {module_of(dotted) for dotted in imports(path) if dotted.split(".")[0] == "foleycli"} - {None}
        for path in FILES
    }
    done: set[str] = set()

    def visit(node: str, trail: tuple[str, ...]) -> None:
        assert node not in trail, f"import cycle: {' -> '.join((*trail, node))}"
        if node not in done:
            for below in graph[node]:
                assert below is not None
                visit(below, (*trail, node))
            done.add(node)

    for node in graph:
        visit(node, ())


@per_package
def test_only_the_cli_talks(files: list[Path]) -> None:
    for path in files:
        for node in ast.walk(tree_of(path)) if unit(path) != "cli" else ():
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "input", "sys.exit", "exit", "breakpoint"), f"{name(path)}: {called}"
                assert not called.startswith(("sys.stdout", "sys.stderr")), f"{name(path)}: {called}"


@per_package
def test_files_and_functions_stay_small(files: list[Path]) -> None:
    for path in files:
        assert len(path.read_text().splitlines()) <= 300, f"{name(path)}: over 300 lines, find the second concept in it"
        assert path.stem not in ("utils", "helpers", "common", "misc")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.body[0].lineno + 1  # the options of a command are a table, not a body
                assert lines <= 50, f"{name(path)}: {node.name} is over 50 lines"


def test_few_modules_stand_at_the_top() -> None:
    assert len([path for path in FILES if path.parent == PACKAGE]) <= 8


def test_the_command_line_stays_thin() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in FILES if unit(path) == "cli")
    assert lines <= CLI_LINES, f"{lines} lines: what is not parsing or printing belongs to workflows/"


@cache
def names_of_ours() -> frozenset[str]:
    """The functions and classes of the package, without functions that take any number of values (*shape)."""
    nodes = [node for path in FILES for node in ast.walk(tree_of(path))]
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return frozenset(named - {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.args.vararg})


@per_package
def test_values_are_passed_by_name(files: list[Path]) -> None:
    """At most three by place, or they are read wrong. Scenes are geometry, whose coordinates have an order."""
    for path in files:
        for node in ast.walk(tree_of(path)) if unit(path) != "scenes" else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names_of_ours():
                values = [one for one in node.args if not isinstance(one, ast.Starred)]
                assert len(values) <= 3, f"{name(path)}:{node.lineno}: {node.func.id} with {len(values)} by place"


def test_a_family_is_known_to_the_register_alone() -> None:
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                left = ast.unparse(node.left)
                assert not left.endswith("manifest.kind"), f"{name(path)}:{node.lineno}: asks for a kind of model"


def test_each_setting_is_defined_once() -> None:
    """In the settings, in the model's own sampler, and as an option of the commands; nowhere else."""
    places = {name(path) for path in FILES if re.search(r"^ +guidance: (float|int)", path.read_text(), re.MULTILINE)}
    assert places <= {"specs/settings.py", "specs/sampler.py", "specs/visual_echoes.py"}


def test_every_export_is_documented() -> None:
    for exported in set(foleycli.__all__) - {"__version__"}:
        assert len((getattr(foleycli, exported).__doc__ or "").split()) >= 5, exported


def test_version_is_the_top_released_entry_of_the_changelog() -> None:
    top = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert top is not None
    assert top[1] == __version__


def test_exports_are_what_all_says() -> None:
    for exported in foleycli.__all__:
        assert getattr(foleycli, exported) is not None
    with pytest.raises(AttributeError):
        _ = foleycli.no_such_thing


HELP = """
import io, sys
from contextlib import redirect_stdout
from foleycli.cli.app import main
for words in (["--help"], ["dub", "--help"], ["--version"], ["models", "--help"]):
    sys.argv[1:] = words
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(said):
        try:
            main()
        except SystemExit as stop:
            assert stop.code == 0, stop.code
    said.flush()
    assert said.buffer.getvalue().strip(), words
heavy = {"torch", "numpy", "av", "scipy", "diffusers", "huggingface_hub", "rich"} & set(sys.modules)
assert not heavy, heavy
"""


def test_help_imports_nothing_heavy() -> None:
    run = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_importing_everything_writes_nothing(tmp_path: Path) -> None:
    modules = [".".join(("foleycli", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in FILES]
    plain = [module.removesuffix(".__init__") for module in modules if not module.endswith("__main__")]
    code = f"import importlib\nfor module in {plain!r}: importlib.import_module(module)"
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stdout == run.stderr == ""
    assert list(tmp_path.iterdir()) == []
