#!/usr/bin/env bash
# Runs the engine that was built for Windows under Wine: every test program, or those named (check.sh test_core ...), and the
# sample job for a few steps in a folder of an awkward name. Prints a line for each; exit code 0 when all passed.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=build/windows/bin
work=$PWD/build/windows-check
rm -rf "$work"
mkdir -p "$work"
# A Wine of its own, which takes Linux' names for UTF-8.
export WINEPREFIX=$PWD/build/windows-wine WINEDEBUG=-all LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY
wineboot -i >"$work/wineboot.log" 2>&1
trap 'wineserver -k' EXIT

whole=""
if [ $# -eq 0 ]; then
    whole=1
    # shellcheck disable=SC2046 # a list of words is wanted
    set -- $(ninja -C build/windows -t targets all | sed -n 's|^bin/\(test_[a-z0-9_]*\)\.exe: .*|\1|p' | sort)
fi
status=0
for name; do
    log=$work/$name.log
    code=0
    timeout 900 wine "$bin/$name.exe" </dev/null >"$log" 2>&1 || code=$?
    count() { tr -d '\r' <"$log" | grep -cE "^\[ +$1 +\] [^ ]+(, where .*)? \(" || true; }
    echo "$name: $(count OK) passed, $(count FAILED) failed, $(count SKIPPED) skipped"
    if [ "$code" -ne 0 ]; then
        echo "FAILED with $code (see $log)"
        status=1
    fi
done

if [ -n "$whole" ]; then
    printf '#!/bin/sh\nexec wine "%s" "$@"\n' "$PWD/$bin/lowrank.exe" >"$work/lowrank"
    chmod +x "$work/lowrank"
    LOWRANK_SAMPLE_STEPS=20 packaging/sample_job.sh "$work/lowrank" "$work/sample, with ü, 数 and 😀" ||
        { echo "FAILED: the sample job"; status=1; }
fi
exit $status
