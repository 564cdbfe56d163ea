#!/usr/bin/env bash
# The promise of the README: before training the base answers no held-out row of the sample, afterwards it answers them.
# teaches.sh PROGRAM SOURCE_FOLDER
set -euo pipefail
program=$1
source=$2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$source/packaging/sample_job.sh" "$program" "$out"
before=$(cat "$out/before")
after=$(cat "$out/after")
[ -f "$out/merged/model.safetensors" ] || { echo "no merged model"; exit 1; }
awk -v before="$before" -v after="$after" 'BEGIN { exit !(before <= 0.02 && after >= 0.98) }' ||
    { echo "answered exactly: $before before, $after after; wanted at most 0.02 and at least 0.98"; exit 1; }
