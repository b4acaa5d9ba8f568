#!/usr/bin/env bash
# Makes this machine ready: `scripts/setup.sh demo` for `make demo`, `scripts/setup.sh test` for the
# tests and checks. Debian 12; Ubuntu 24.04 is aimed at.
#
# System packages come first (only those that are missing, only as root), then .venv from the
# hashed lock, then this project into it. The stamp is written last: what was interrupted is
# repaired by the next run, and a run with nothing to do ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly WANTED=${1:-}
case $WANTED in
    demo) readonly LOCK=requirements/demo.txt ;;
    test) readonly LOCK=requirements/dev.txt ;;
    *) echo "usage: scripts/setup.sh demo|test" >&2; exit 2 ;;
esac
readonly STAMP=.venv/custos-setup-$WANTED
# Debian starts these as services when they are installed. A file with this name is written before
# we do that, so that also the run after an interrupted one stops them again.
readonly SERVICES="mosquitto postgresql"
readonly OUR_SERVICE=var/setup-installs

fail() {
    echo "setup: $*" >&2
    exit 2
}

# ---------------------------------------------------------------- nothing to do?

# A virtual environment cannot be moved, so the folder counts too.
fingerprint() {
    { pwd; cat "requirements/$1.txt" pyproject.toml scripts/setup.sh; } | sha256sum
}

is_ready() {
    [ "$(cat ".venv/custos-setup-$1" 2>/dev/null)" = "$(fingerprint "$2")" ]
}

was_interrupted() {
    compgen -G "$OUR_SERVICE-*" >/dev/null
}

# What the tests need includes what the demo needs.
if [ -x .venv/bin/python ] && ! was_interrupted && .venv/bin/python -c '' 2>/dev/null; then
    if is_ready test dev || { [ "$WANTED" = demo ] && is_ready demo demo; }; then
        exit 0
    fi
fi

# ---------------------------------------------------------------- system packages

MISSING=()

# needs PACKAGE COMMAND...: the package is missing when the command fails.
needs() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || MISSING+=("$package")
}

has_library() {
    /sbin/ldconfig -p | grep -qF "$1"
}

has_postgresql() {
    compgen -G "/usr/lib/postgresql/*/bin/initdb"
}

has_chinese_font() {
    fc-list :lang=zh-cn family | grep -q .
}

need_camera_libraries() {
    needs libgl1 has_library libGL.so.1
    needs libglib2.0-0 has_library libgthread-2.0.so.0
    needs libzbar0 has_library libzbar.so.0
}

find_missing() {
    MISSING=()
    needs python3 command -v python3
    needs python3-venv python3 -c 'import ensurepip, venv'
    [ "$WANTED" = test ] || return 0
    need_camera_libraries
    needs mosquitto test -x /usr/sbin/mosquitto
    needs postgresql has_postgresql
    needs chromium-headless-shell command -v chromium-headless-shell
    needs fontconfig command -v fc-list
    needs fonts-noto-cjk has_chinese_font
}

install_missing() {
    command -v apt-get >/dev/null || fail "this machine has no apt-get; install first: ${MISSING[*]}"
    if [ "$(id -u)" != 0 ]; then
        fail "system packages are missing, run once:" \
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends ${MISSING[*]}"
    fi
    echo "setup: installing ${MISSING[*]}"
    local service
    for service in $SERVICES; do
        if [[ " ${MISSING[*]} " == *" $service "* ]]; then
            mkdir -p var && touch "$OUR_SERVICE-$service"
        fi
    done
    export DEBIAN_FRONTEND=noninteractive
    dpkg --configure -a
    apt-get -qq -o DPkg::Lock::Timeout=120 update
    apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${MISSING[@]}"
}

# Without these what is wanted still runs, and says itself what it leaves out.
try_to_install() {
    local what=$1
    [ ${#MISSING[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "setup: for $what: sudo apt-get install -y ${MISSING[*]}"
    else
        (install_missing) >&2 || echo "setup: no $what without ${MISSING[*]}"
    fi
}

try_camera_libraries() {
    MISSING=()
    need_camera_libraries
    try_to_install "cameras in the demo"
}

# Two films of real, fixed cameras for the camera watch; 95 MB.
try_films() {
    MISSING=()
    needs opencv-doc test -e /usr/share/doc/opencv-doc/examples/data/vtest.avi
    try_to_install "tests on recorded films"
}

# The tests start their own broker and database; a service that we brought must not keep running.
stop_our_services() {
    local service
    for service in $SERVICES; do
        [ -e "$OUR_SERVICE-$service" ] || continue
        if [ -d /run/systemd/system ]; then
            systemctl disable --now --quiet "$service.service"
        elif [ -x "/etc/init.d/$service" ]; then
            service "$service" stop >/dev/null || true # 1 = it never ran: policy-rc.d forbade it
            update-rc.d "$service" disable
        fi
        rm -f "$OUR_SERVICE-$service"
    done
}

check_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed, python3 here is $(python3 --version)"
}

set_up_system() {
    if command -v python3 >/dev/null; then check_python; fi
    find_missing
    if [ ${#MISSING[@]} -gt 0 ]; then
        install_missing >&2
        find_missing
        [ ${#MISSING[@]} -eq 0 ] || fail "still missing after the installation: ${MISSING[*]}"
    fi
    stop_our_services
    check_python
    if [ "$WANTED" = demo ]; then try_camera_libraries; else try_films; fi
}

# ---------------------------------------------------------------- Python packages

set_up_python() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
        --only-binary :all: --require-hashes --requirement $LOCK
}

set_up_project() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-index --no-deps --no-build-isolation --editable .
}

timed() {
    local what=$1 began=$SECONDS
    shift
    echo "setup: $what ..."
    "$@"
    echo "setup: $what: $((SECONDS - began)) s"
}

rm -f "$STAMP"
timed "system packages (network if any were missing)" set_up_system
timed "Python packages (network)" set_up_python
timed "this project" set_up_project
if [ "$WANTED" = test ]; then
    fingerprint dev >$STAMP
else
    fingerprint demo >$STAMP
fi
