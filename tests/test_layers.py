"""Who may know whom: the contracts under [tool.importlinter] in pyproject.toml."""

import os
import shutil
import subprocess
import sys
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
