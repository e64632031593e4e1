"""Who may know whom, by the contracts in pyproject.toml."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages under a project's src, wherever they are installed."""
    run = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", run, "--no-cache"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
    )


def copy_of_the_project(folder: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "src", folder / "src")
    return folder


def test_the_layers_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_backend_that_imports_the_course_is_found(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "src/backend/core/planted.py").write_text("import course\n")
    result = lint_imports(project)
    assert result.returncode == 1
    assert "backend.core.planted -> course" in result.stdout


def test_a_core_that_imports_the_api_is_found(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "src/backend/core/planted.py").write_text("import backend.api\n")
    result = lint_imports(project)
    assert result.returncode == 1
    assert "backend.core.planted -> backend.api" in result.stdout


def test_a_circle_inside_a_package_is_found(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "src/backend/services/planted.py").write_text("import backend.services.detector\n")
    with (project / "src/backend/services/stage.py").open("a") as stage:
        stage.write("import backend.services.planted\n")
    result = lint_imports(project)
    assert result.returncode == 1
    assert "No cycles are allowed in backend.services" in result.stdout


def test_no_contract_has_an_exception() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert [each["name"] for each in settings["contracts"] if "ignore_imports" in each] == []
