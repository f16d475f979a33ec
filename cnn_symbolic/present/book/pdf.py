"""Compiles a LaTeX document to PDF, where a TeX is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.ground.files import temporary_folder

ENGINES = ("pdflatex", "lualatex", "xelatex")
MOST_RUNS, MOST_SECONDS = 4, 600
AGAIN = re.compile(r"Rerun to get|Label\(s\) may have changed|No file .*\.toc|rerunfilecheck Warning")
MISSING = (
    "a PDF needs a TeX, and neither pdflatex nor lualatex nor xelatex is installed (Debian: apt-get install "
    "texlive-latex-recommended texlive-pictures lmodern)"
)


def compile_pdf(source: str, name: str = "book") -> bytes:
    """Return the PDF of a document, after as many runs as its references need.

    Raises MissingPackageError where there is no TeX, and ExportError with TeX's own message where it fails.
    """
    engine = next(filter(None, map(shutil.which, ENGINES)), None)
    if engine is None:
        raise MissingPackageError(MISSING)
    with temporary_folder() as folder:
        document = folder / f"{name}.tex"
        document.write_text(source, encoding="utf-8")
        command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", document.name]
        for run in range(MOST_RUNS):
            try:
                done = subprocess.run(  # noqa: S603 - a list of arguments that are all ours, and no shell
                    command, cwd=folder, capture_output=True, timeout=MOST_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                raise ExportError(f"{Path(engine).name} did not end within {MOST_SECONDS} s") from None
            log = document.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
            if done.returncode:
                wrong = re.search(r"^! .*(?:\n.*){0,3}", log, re.MULTILINE)
                raise ExportError(f"{Path(engine).name} failed: {wrong.group() if wrong else log[-400:]}")
            if run and not AGAIN.search(log):
                break
        return document.with_suffix(".pdf").read_bytes()
