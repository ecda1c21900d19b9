#!/usr/bin/env bash
# Exports, as unzip, 7z, bsdtar, busybox, Java, Python and Node's readers unpack them.
set -euo pipefail
cd "$(dirname "$0")/.."

# Installs the package of a program that is missing, as root or through sudo.
need() {
    local program=$1 package=$2 sudo=
    command -v "$program" >/dev/null && return
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update --quiet=2
    $sudo apt-get install --quiet=2 --yes --no-install-recommends "$package"
}

need unzip unzip
need 7z p7zip-full
need bsdtar libarchive-tools
need busybox busybox
need javac default-jdk-headless
need npm npm
npm install --prefix tests/archives --silent --no-audit --no-fund --no-package-lock
.ci/venv.sh
cargo build --quiet --package local --package admin
PYTHONPATH=tests/python exec .venv/bin/pytest --quiet tests/archives
