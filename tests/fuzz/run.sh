#!/usr/bin/env bash
# Builds the fuzz targets and runs each from its seeds: tests/fuzz/run.sh [seconds per target] [target...]
set -eu
cd "$(dirname "$0")/../.."

seconds=${1:-60}
[ $# -eq 0 ] || shift
build=build/fuzz
[ -f $build/build.ninja ] || cmake --preset fuzz
cmake --build $build --target fuzz_targets

if [ $# -eq 0 ]; then
    set -- $build/bin/fuzz_*
fi
status=0
for target in "$@"; do
    name=$(basename "$target")
    found=$build/corpus/$name
    mkdir -p "$found" $build/findings
    seeds=tests/fuzz/corpus/$name
    dictionary=tests/fuzz/$name.dict
    echo "$name: $seconds s"
    nice -n 19 $build/bin/"$name" "$found" $([ -d "$seeds" ] && echo "$seeds") \
        $([ -f "$dictionary" ] && echo "-dict=$dictionary") \
        -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=$build/findings/"$name"- -print_final_stats=1 -verbosity=0 || status=1
done
exit $status
