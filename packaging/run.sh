#!/usr/bin/env bash
# Installs what is missing, builds, and opens the studio with the sample ready. Without a display the same sample job
# runs here, to an exported model: packaging/run.sh [--headless]
set -eu
cd "$(dirname "$0")/.."

headless=""
if [ "${1:-}" = "--headless" ] || { [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ]; }; then
    headless=1
fi

packaging/install_packages.sh packages.txt
packaging/install_packages.sh packages-language.txt || echo "Going on in English alone."
[ -f build/release/build.ninja ] || cmake --preset release
cmake --build --preset release

if [ -z "$headless" ]; then
    exec build/release/bin/lowrank-studio
fi
exec packaging/sample_job.sh build/release/bin/lowrank "${LOWRANK_SAMPLE_OUT:-build/sample}"
