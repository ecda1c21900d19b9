#!/usr/bin/env bash
# Media files of every kind, made anew, and what the store tells of them, compared with a browser and ffprobe: .ci/media.sh [SEED] [COUNT]
# Five hundred of a seed of its own take about five minutes on two cores; CI takes fewer.
set -euo pipefail
cd "$(dirname "$0")/.."

# Installs what makes the files, where it is missing.
install() {
    local sudo='' missing=()
    local programs=(ffmpeg sox lame flac wavpack mkvmerge:mkvtoolnix)
    programs+=(avifenc:libavif-bin chromium cjxl:libjxl-tools identify:imagemagick exiftool:libimage-exiftool-perl zip)
    programs+=(soffice:libreoffice-impress-nogui soffice:libreoffice-calc-nogui soffice:libreoffice-writer-nogui)
    for program in "${programs[@]}"; do
        command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
    done
    sox --help 2>/dev/null | grep -q amr-wb || missing+=(libsox-fmt-all)
    [ "${#missing[@]}" != 0 ] || return 0
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update --quiet=2
    $sudo apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" >/dev/null
}

install
.ci/venv.sh
.venv/bin/pip install --quiet --disable-pip-version-check --requirement .ci/media-requirements.txt
cargo build --quiet --package local
exec .venv/bin/python tests/media/main.py "$@"
