#!/bin/sh
# Make .venv from requirements.txt, or see at once that it is there already.
# Needs a shell and a Python from 3.11 to 3.14 that can make virtual environments; PYTHON=... names one.
set -eu
cd "$(dirname "$0")/.."

if [ -z "${PYTHON:-}" ] && [ -x .venv/bin/python ] && .venv/bin/python -I ops/setup.py --is-done 2>/dev/null; then
    exit 0
fi

suits() {
    "$1" -I ops/setup.py --suits >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    suits "$PYTHON" && exec "$PYTHON" -I ops/setup.py
else
    for name in python3.13 python3.12 python3.11 python3.14 python3 python; do
        suits "$name" && exec "$name" -I ops/setup.py
    done
fi

cat >&2 <<'END'
Yaolu needs Python 3.11, 3.12, 3.13 or 3.14 with its venv module, and finds none on PATH.
  Debian 12, Ubuntu 24.04 or newer:  apt install python3 python3-venv
  Fedora:                            dnf install python3
  macOS:                             brew install python@3.13
  uv:                                uv python install 3.13
Or name one:  make setup PYTHON=/path/to/python3.12
END
exit 1
