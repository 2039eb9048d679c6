"""The register of families, and the names by which others know networks of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import foleycli
from foleycli.errors import ModelError
from foleycli.models.base import MODULES, families, full_batches, register
from foleycli.models.loaded import load_bundle
from tests.tiny_echo import write_tiny_echo

FILES = ("__init__", "model")  # of a family, that name its kind and its class


def test_each_family_registers_itself_under_a_kind_of_its_own() -> None:
    own = [import_module(module).FAMILY for module in MODULES if hasattr(import_module(module), "FAMILY")]
    assert all(family in families() for family in own)
    assert [family.kind for family in own] == ["spot-perform", "mdsgen"]
    with pytest.raises(ValueError, match="'mdsgen' is registered already"):
        register(own[1])


def test_every_package_of_models_with_a_family_is_in_the_register() -> None:
    folder = Path(foleycli.__file__).parent / "models"
    found = [
        path.parent.name
        for path in folder.glob("*/__init__.py")
        if re.search(r"register(_elsewhere)?\(", path.read_text())
    ]
    assert sorted(f"foleycli.models.{name}" for name in found) == sorted(MODULES)


def test_a_model_of_pictures_is_refused_with_the_command_that_takes_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="turns pictures into sounds; use 'foley imagine'") as refused:
        load_bundle(write_tiny_echo(tmp_path / "echo").folder)
    assert "\n" not in str(refused.value)


def test_the_register_imports_no_torch() -> None:
    code = (
        "import sys\n"
        "from foleycli.models.base import families\n"
        "assert len(families()) == 2\n"
        "assert not {'torch', 'numpy', 'av'} & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_nothing_but_a_family_knows_its_kind_or_its_class() -> None:
    root = Path(foleycli.__file__).parent
    pattern = re.compile(r"""["'](spot-perform|mdsgen)["']|OfficialMdsgen|SpotPerform\b|manifest\.kind\s*[=!]=""")
    knowing = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if pattern.search(path.read_text())}
    recipes = {
        f"training/{file}.py" for file in ("__main__", "names", "recipes")
    }  # "mdsgen" is also what 'foley train' calls the recipe
    own = {f"models/{family}/{file}.py" for family in ("mdsgen", "spot_perform") for file in FILES}
    assert knowing == own | recipes


def test_full_batches_have_one_shape_and_repeat_the_last() -> None:
    assert list(full_batches([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5, 5]]
    assert list(full_batches([], 2)) == []


@pytest.mark.parametrize(
    "dotted, home",
    [
        ("foleycli.models.dit.MDSGen", "foleycli.networks.mdsgen.dit"),
        ("foleycli.models.cavp.CavpVideoEncoder", "foleycli.networks.vision.cavp"),
        ("foleycli.models.mel.log_mel", "foleycli.networks.codecs.mel"),
        ("foleycli.models.vocoder.HifiGan", "foleycli.networks.codecs.hifigan"),
    ],
)
def test_names_that_users_outside_know_stay(dotted: str, home: str) -> None:
    module, _, name = dotted.rpartition(".")
    assert getattr(import_module(module), name) is getattr(import_module(home), name)
