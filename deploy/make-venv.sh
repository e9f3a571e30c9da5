#!/bin/sh
# make-venv.sh LOCK [FOLDER]: .venv in the checkout with exactly what the lock file says, and the package
# itself. With a folder: a virtual environment there, without the package, for programs of other people.
# Needs Python 3.11 or newer with its venv module; nothing else. `PYTHON=...` chooses another Python.
set -eu
cd "$(dirname "$0")/.."
lock=$1
folder=${2:-.venv}

# Settings of the person's own pip (user installs, other targets) must not lead elsewhere.
unset PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV PYTHONHOME PYTHONPATH || true

good='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if "$name" -c "$good" 2>/dev/null; then echo "$name"; return; fi
    done
    echo "anpr-match needs Python 3.11 or newer with venv (Debian: python3 and python3-venv)" >&2
    return 1
}

# One at a time: two makes in one checkout would install over each other.
if command -v flock >/dev/null && [ "${VENV_LOCKED:-}" != yes ]; then
    VENV_LOCKED=yes exec flock "$PWD" "$0" "$@"
fi

if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    found=$(python)
    echo "making $folder with $("$found" --version)"
    "$found" -m venv --clear "$folder"
fi
echo "installing $lock" >&2
pip() { "$folder/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
# The lock is whole, so there is nothing to work out: --no-deps.
pip install --no-deps --require-hashes --requirement "$lock"
[ "$folder" = .venv ] || exit 0
# The build backend came with the lock, so nothing without a hash is fetched here either.
pip install --no-deps --no-build-isolation --editable .
