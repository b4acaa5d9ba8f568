#!/usr/bin/env bash
# Writes requirements/*.txt anew from pyproject.toml: every package pinned, with its hashes and
# without any registry's address. Needs `uv` on PATH. `scripts/lock.sh --upgrade` takes newer ones.
#
# dev.txt holds everything and decides the versions; the others are the same versions, fewer.
# build.txt is what makes a wheel of this project; the demo installs the project and needs it too.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    local name=$1
    shift
    uv pip compile "$@" --output-file "requirements/$name.txt" \
        --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header
}

# fewer NAME SOURCE...: the same versions as in dev.txt.
fewer() {
    lock "$@" --constraint requirements/dev.txt
}

lock dev pyproject.toml --all-extras "$@"
fewer base pyproject.toml
fewer edge pyproject.toml --extra edge
fewer hub pyproject.toml --extra hub
fewer build requirements/build.in
fewer demo pyproject.toml requirements/build.in --extra edge --extra hub --extra vision --extra demo
