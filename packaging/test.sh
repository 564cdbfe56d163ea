#!/usr/bin/env bash
# Installs what is missing, builds everything with warnings as errors, runs the tests, prints one closing line.
# packaging/test.sh [--all] [options of ctest]; --all: the slow ones too (some minutes more), and
# those that need a GPU, which skip without one.
set -eu
cd "$(dirname "$0")/.."
preset=dev
if [ "${1:-}" = --all ]; then
  preset=dev-all
  shift
fi

packaging/install_packages.sh packages.txt packages-test.txt
packaging/install_packages.sh packages-language.txt || echo "Going on in English alone."
[ -f build/dev/build.ninja ] || cmake --preset dev
cmake --build --preset dev

log=build/dev/test.log
status=0
ctest --preset "$preset" --output-log "$log" "$@" || status=$?

# ctest counts a skipped test as passed in its summary; this line does not.
skipped=$(grep -cE '\*\*\*(Skipped|Not Run)' "$log" || true)
failed=$(grep -cE '\*\*\*(Failed|Timeout|Exception)' "$log" || true)
passed=$(grep -cE '[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed ' "$log" || true)
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
