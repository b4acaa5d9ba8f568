#!/usr/bin/env bash
# Writes requirements/*.txt anew from pyproject.toml: every package pinned, with its hashes and
# without any registry's address. Needs `uv` on PATH. `scripts/lock.sh --upgrade` takes newer ones.
#
# dev.txt holds everything and decides the versions; the others are the same versions, fewer.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    local name=$1
    shift
    uv pip compile pyproject.toml "$@" --output-file "requirements/$name.txt" \
        --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header
}

lock dev --all-extras "$@"
lock base --constraint requirements/dev.txt
lock edge --constraint requirements/dev.txt --extra edge
lock hub --constraint requirements/dev.txt --extra hub
lock demo requirements/build.in --constraint requirements/dev.txt --extra edge --extra hub
