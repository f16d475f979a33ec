"""A coqc for tests that remembers its answers, accepted and rejected, under the digest of everything that goes in.

It stands at the front of PATH in place of Coq's own. What it remembers is what Coq writes to its streams, its status,
and the files that it makes. Run by itself, this file is that program: it needs nothing but Python.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = '#!/bin/sh\nexec "{python}" -IS "{here}" "{coqc}" "{kept}" "$@"\n'
FILE, FOLDER = "<the file>", "<its folder>"


def install(folder, cache):
    """Put it into a folder at the front of PATH, if there is a coqc; what it remembers is below another folder."""
    if (coqc := shutil.which("coqc")) is None:
        return
    version = subprocess.run([coqc, "-print-version"], capture_output=True, text=True, check=True).stdout
    kept = cache / hashlib.sha256(f"{coqc} {version}".encode()).hexdigest()[:16]
    kept.mkdir(parents=True, exist_ok=True)
    program = Path(folder, "coqc")
    program.write_text(PROGRAM.format(python=sys.executable, here=__file__, coqc=coqc, kept=kept), encoding="utf-8")
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def digest(file, options):
    """The digest of a file and its options, in which folders stand for the compiled files in them."""
    parts = [file.name.encode(), file.read_bytes()]
    for option in options:
        parts.append(option.encode() if not Path(option).is_dir() else b"folder")
        for compiled in sorted(Path(option).glob("*.vo")) if Path(option).is_dir() else ():
            parts += [compiled.name.encode(), compiled.read_bytes()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def answered(coqc, options, file, kept):
    """Have Coq compile a file, and return what is remembered of that; a run that is ended by a signal is not."""
    before = {path.name: path.stat().st_mtime_ns for path in file.parent.iterdir()}
    done = subprocess.run([coqc, *options, str(file)], capture_output=True, check=False)
    streams = [stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr)]
    if done.returncode < 0:
        return done.returncode, streams
    hidden = [text.replace(str(file), FILE).replace(str(file.parent), FOLDER) for text in streams]
    with tempfile.TemporaryDirectory(dir=kept.parent) as made:
        for path in file.parent.iterdir():
            if path.stem.lstrip(".") == file.stem and before.get(path.name) != path.stat().st_mtime_ns:
                shutil.copy(path, made)
        Path(made, "answer.json").write_text(json.dumps([done.returncode, hidden]), encoding="utf-8")
        if not kept.exists():
            os.rename(made, kept)
            os.mkdir(made)
    return done.returncode, streams


def main(coqc, cache, *words):
    """Answer as Coq does: from memory where that is possible."""
    *options, last = words
    file = Path(last)
    if file.suffix != ".v" or not file.is_file():
        os.execv(coqc, [coqc, *words])
    kept = Path(cache, digest(file, options))
    if kept.exists():
        status, hidden = json.loads((kept / "answer.json").read_text(encoding="utf-8"))
        streams = [text.replace(FILE, str(file)).replace(FOLDER, str(file.parent)) for text in hidden]
        for path in kept.iterdir():
            if path.name != "answer.json":
                shutil.copy(path, file.parent)
    else:
        status, streams = answered(coqc, options, file, kept)
    sys.stdout.buffer.write(streams[0].encode())
    sys.stderr.buffer.write(streams[1].encode())
    if status < 0:
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
