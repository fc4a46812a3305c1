"""Runs a notebook in a process of its own, where Jupyter may open its sockets: `notebooks.py NOTEBOOK RESULT`.

`python tests/support/notebooks.py store` makes every notebook anew from its script, its outputs those of the
demonstration (`make notebooks`).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def execute(notebook: Path, folder: Path, **changes: str) -> Any:
    """The executed notebook; a cell that fails fails the test, and so does a warning in one."""
    import nbformat

    done = subprocess.run(
        [sys.executable, __file__, str(notebook), str(folder / "executed.ipynb")],
        cwd=folder,
        env={
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(folder / "jupyter"),
            **changes,
        },
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return nbformat.read(folder / "executed.ipynb", as_version=4)


def outputs(notebook: Any, kind: str) -> list[str]:
    """What the cells put out of one media type, in order; `stderr` for what they complained of."""
    found = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    if kind == "stderr":
        return [output["text"] for output in found if output.get("name") == "stderr"]
    return [output["data"][kind] for output in found if kind in output.get("data", {})]


def _main(source: str, target: str) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(source, as_version=4)
    NotebookClient(notebook, timeout=160, kernel_name="python3").execute()
    nbformat.write(notebook, target)


def _store() -> None:
    """Every notebook from its script, run over one demonstration, without what differs from one run to the next."""
    import jupytext
    import nbformat

    from imagery_watch.demo import run_demo
    from imagery_watch.settings import Settings

    notebooks = Path(__file__).parent.parent.parent / "notebooks"
    for script in sorted(notebooks.glob("*.py")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run_demo(folder / "imagery-watch-demo", Settings(), lambda *_: None)
            nbformat.write(jupytext.read(script), folder / "source.ipynb")
            done = execute(
                folder / "source.ipynb", folder, IMAGERY_WATCH_RUN="imagery-watch-demo", IMAGERY_WATCH_REVIEWER="you"
            )
        done.metadata.pop("widgets", None)
        done.metadata.pop("language_info", None)
        for number, cell in enumerate(done.cells):
            cell["id"] = f"cell-{number}"
            cell.metadata.pop("execution", None)
        nbformat.write(done, script.with_suffix(".ipynb"))


if __name__ == "__main__":
    _store() if sys.argv[1:] == ["store"] else _main(*sys.argv[1:])
