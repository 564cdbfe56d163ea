#!/usr/bin/env bash
# Checks a GPU machine with what the bundle carries: check_gpu.sh [--sanitizer] [--bench MODELS] [OUT_FOLDER]
# The GPU tests always; with --sanitizer once more under compute-sanitizer's memcheck, racecheck, synccheck and initcheck;
# with --bench the two layouts of an adapted projection and the training benchmark for the models named ("1.1B,7B"), where
# python3 has torch, transformers and peft. Logs and figures go to OUT_FOLDER (default: gpu_check here). Exit code 0 when everything that ran passed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sanitizer=""
models=""
out=gpu_check
while [ $# -gt 0 ]; do
    case "$1" in
    --sanitizer) sanitizer=1 ;;
    --bench) models=$2; shift ;;
    *) out=$1 ;;
    esac
    shift
done
mkdir -p "$out"
export LOWRANK_TEST_DEVICE=cuda:0 LOWRANK_TEST_DATA=$here/data

# cuBLAS and cuDNN as Python's wheels bring them, where the system has none of its own.
# from_wheels LIBRARY FOLDER: FOLDER is where the wheel has it.
from_wheels() {
    local root
    ldconfig -p | grep -q "$1" && return
    root=$(python3 -c 'import nvidia; print(list(nvidia.__path__)[0])' 2>/dev/null) || return
    if [ -d "$root/$2" ]; then
        export LD_LIBRARY_PATH="$root/$2${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    fi
}
from_wheels libcublasLt.so.13 cu13/lib
from_wheels libcudnn.so.9 cudnn/lib

status=0
# run LOG COMMAND...: one line of the result; the log has the rest.
run() {
    local log=$out/$1
    shift
    local start=$SECONDS
    if "$@" >"$log" 2>&1 && ! grep -q "no test device" "$log"; then
        echo "passed  $((SECONDS - start)) s  $*"
    else
        status=1
        echo "FAILED  $((SECONDS - start)) s  $*  (see $log)"
        grep -E "Failure|FAILED|no test device|ERROR SUMMARY" "$log" | head -20
    fi
}

run devices.log "$here/bin/lowrank" devices
cat "$out/devices.log"
for test in ops golden curves lora_ga lora_group generator quantize; do
    run "$test.log" "$here/bin/test_$test"
done
# The engine's own attention, where cuDNN computed it so far.
run ops.own.log env LOWRANK_CUDNN=off "$here/bin/test_ops" --gtest_filter='*Attention*'
if [ -n "$sanitizer" ]; then
    for tool in memcheck racecheck synccheck initcheck; do
        for test in ops golden; do
            run "$test.$tool.log" compute-sanitizer --tool "$tool" --error-exitcode 9 "$here/bin/test_$test"
        done
    done
fi
if [ -n "$models" ]; then
    run strips.log "$here/bin/bench_strips" cuda 8192
    cat "$out/strips.log"
    python3 "$here/bin/bench_gpu.py" --programs "$here/bin" --models "$models" \
        --out "$out/bench.json" 2>&1 | tee "$out/bench.log" || status=1
fi
exit "$status"
