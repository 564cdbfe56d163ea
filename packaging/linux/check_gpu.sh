#!/usr/bin/env bash
# Checks a GPU machine with what the bundle carries: check_gpu.sh [OPTIONS] [--bench MODELS [OPTIONS OF bench_gpu.py]]
#   (nothing)       the GPU tests, then the sample trained in several ways (check_sample.py)
#   --tests-only    the tests without the sample
#   --no-tests      neither
#   --quick         the sample with fewer and shorter steps, where a GPU is only emulated
#   --sanitizer     tests under compute-sanitizer: memcheck and racecheck, and initcheck for information
#   --strips        the two layouts of an adapted projection (bench_strips)
#   --bench MODELS  the training benchmark, last; what follows goes to it ("--bench 7B --lengths 2048 --steps 10").
#                   python3, or $PYTHON, needs torch, transformers and peft for it
#   --out FOLDER    where results go (default: gpu_check here): summary.txt, the tables, and every log in logs.tar.gz.
#                   Their folder is FOLDER.logs until then
#   --limit S       seconds for one program (default 180; the benchmark has its own for each contender)
#   --total S       seconds for everything: what does not fit is cut off or left out, and the logs are packed in time
# Exit code 0 when all that was asked for passed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
tests=1 sample=1 sample_options=() sanitizer="" strips="" models="" out=gpu_check limit=180 total=0
bench_options=()
usage() {
    sed -n '2,/^# Exit/s/^# \{0,1\}//p' "$0"
    exit 2
}
while [ $# -gt 0 ]; do
    case "$1" in
    --tests-only) sample="" ;;
    --no-tests) tests="" sample="" ;;
    --quick) sample_options=(--steps 4 --seq-len 64 --rows 2) ;;
    --sanitizer) sanitizer=1 ;;
    --strips) strips=1 ;;
    --out | --limit | --total | --bench)
        [ $# -ge 2 ] || usage
        case "$1" in
        --out) out=$2 ;;
        --limit) limit=$2 ;;
        --total) total=$2 ;;
        --bench)
            models=$2
            shift 2
            bench_options=("$@")
            break
            ;;
        esac
        shift
        ;;
    *) usage ;;
    esac
    shift
done
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
logs=$out.logs
rm -rf "$logs"
mkdir -p "$logs" || exit 2
: >"$out/summary.txt"

export PYTHONUNBUFFERED=1 LOWRANK_TEST_DEVICE=cuda:0 LOWRANK_TEST_DATA=$here/data PATH=$PATH:/usr/sbin:/sbin
command -v compute-sanitizer >/dev/null && command -v nvcc >/dev/null || PATH=$PATH:/usr/local/cuda/bin
# What the engine learns of the GPU's products is measured anew, and nothing stays behind.
export XDG_CACHE_HOME=$logs/cache

# search_also FOLDER: libraries are looked for there too.
search_also() {
    [ ! -d "$1" ] || export LD_LIBRARY_PATH="$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}
# in_system LIBRARY: whether the system finds it by itself.
known=$(ldconfig -p 2>/dev/null)
in_system() { [[ $known == *"$1"* ]]; }
# from_wheels LIBRARY FOLDER: FOLDER is where Python's wheels of NVIDIA's libraries have it.
from_wheels() {
    local root
    in_system "$1" && return
    while read -r root; do
        search_also "$root/$2"
    done < <("$python" -c 'import nvidia; print("\n".join(nvidia.__path__))' 2>/dev/null)
}
in_system libcuda.so.1 || search_also /usr/local/nvidia/lib64
from_wheels libcublasLt.so.13 cu13/lib
from_wheels libcudnn.so.9 cudnn/lib

status=0
child=""
pack() {
    tar -C "$(dirname "$logs")" --exclude=cache --exclude='*.safetensors' -czf "$out/.logs.part" "$(basename "$logs")" \
        2>/dev/null
    mv "$out/.logs.part" "$out/logs.tar.gz"
}
# A signal ends the program that runs, and what there is comes along.
# shellcheck disable=SC2317 # the trap calls it
stop() {
    trap '' INT TERM HUP
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
    [ -z "$child" ] || wait "$child" 2>/dev/null
    say "STOPPED by a signal after $SECONDS s"
    pack
    exit 1
}
trap stop INT TERM HUP

say() { echo "$*" | tee -a "$out/summary.txt"; }
# counts LOG: "12 passed, 1 failed, 3 skipped" of a test program or of check_sample.py; nothing of others.
counts() {
    awk '/^\[       OK \]/ || /^passed  / { ++passed } /^\[  FAILED  \].*ms\)$/ || /^FAILED  / { ++failed }
         /^\[  SKIPPED \].*ms\)$/ { ++skipped }
         END { if (passed + failed + skipped) printf "  %d passed, %d failed, %d skipped", passed, failed, skipped }' "$1"
}
# seconds_left LIMIT: of the whole check, at most LIMIT; ten seconds stay for packing.
seconds_left() {
    local left=$1
    if [ "$total" -gt 0 ] && [ $((total - 10 - SECONDS)) -lt "$left" ]; then
        left=$((total - 10 - SECONDS))
    fi
    echo "$left"
}
# run NAME LIMIT COMMAND...: one line of the summary; NAME.log has the rest. Fails as the program does.
run() {
    local name=$1 seconds log=$logs/$1.log start=$SECONDS code
    seconds=$(seconds_left "$2")
    shift 2
    if [ "$seconds" -lt 5 ]; then
        status=1
        say "LEFT OUT       $name: no time"
        return 1
    fi
    echo "$*" >"$log"
    timeout --kill-after=5 "$seconds" "$@" >>"$log" 2>&1 &
    child=$!
    wait "$child"
    code=$?
    child=""
    if [ "$code" -eq 0 ] && ! grep -q "no test device" "$log"; then
        say "passed  $(printf %4d $((SECONDS - start))) s  $name$(counts "$log")"
    elif [ "$code" -eq 124 ] || { [ "$code" -eq 137 ] && [ $((SECONDS - start)) -ge "$seconds" ]; }; then
        code=124
        say "CUT OFF $(printf %4d $((SECONDS - start))) s  $name: not done in time$(counts "$log")"
    else
        [ "$code" -ne 0 ] || code=1
        say "FAILED  $(printf %4d $((SECONDS - start))) s  $name$(counts "$log")  (exit code $code)"
    fi
    if [ "$code" -ne 0 ]; then
        { grep -E "^\[  FAILED  \].*ms\)|Failure$|^FAILED  |no test device|SUMMARY|rror:" "$log"; echo ...; tail -n 4 "$log"; } |
            cut -c1-300 | awk '!seen[$0]++' | head -16
    fi
    pack
    [ "$code" -eq 0 ] || status=1
    return "$code"
}

{ nvidia-smi; nvcc --version; lscpu; } >"$logs/machine.log" 2>&1
run devices 60 "$here/bin/lowrank" devices
sed 1d "$logs/devices.log"
if [ -n "$tests" ]; then
    for test in ops golden lora_group quantize lora_ga generator; do
        run "$test" "$limit" "$here/bin/test_$test"
    done
    # The engine's own attention, where cuDNN computed it so far.
    run ops-own "$limit" env LOWRANK_CUDNN=off "$here/bin/test_ops" --gtest_filter='*Attention*'
fi
if [ -n "$sample" ]; then
    run sample "$limit" "$python" "$here/bin/check_sample.py" --lowrank "$here/bin/lowrank" --sample "$here/sample" \
        --out "$logs/sample" ${sample_options[@]+"${sample_options[@]}"}
    sed 1d "$logs/sample.log" | grep -E "^(passed|FAILED)"
    cp "$logs/sample/sample.json" "$out/" 2>/dev/null
fi
if [ -n "$tests" ]; then
    run curves "$limit" "$here/bin/test_curves" # the longest
fi
if [ -n "$sanitizer" ]; then
    # Kernels of NVIDIA's own libraries are left out by name: C++ names, and those that its generators give. The engine's are
    # plain C names. Driver calls that fail are the engine's to judge, and attention is the engine's own.
    sanitize=(env LOWRANK_CUDNN=off compute-sanitizer --error-exitcode 9 --print-limit 20 --report-api-errors no
        --kernel-name-exclude 'regex=^_Z|nvjet|cutlass|cudnn|cublas|xmma|^sm[0-9]')
    for tool in memcheck racecheck initcheck; do
        before=$status
        for test in 'ops -InstructionSet*:SymmetricEigen*' 'golden */llama3:*/qwen3:*/qwen2_window' 'lora_group *' 'quantize *'; do
            run "$tool-${test%% *}" "$limit" "${sanitize[@]}" --tool "$tool" "$here/bin/test_${test%% *}" \
                --gtest_filter="${test#* }"
        done
        if [ "$tool" = initcheck ]; then
            status=$before
            say "initcheck is for information: padding that nobody reads may be copied"
        fi
    done
fi
if [ -n "$strips" ]; then
    run strips "$limit" "$here/bin/bench_strips" cuda 8192
    sed 1d "$logs/strips.log" | tee "$out/strips.txt"
fi
if [ -n "$models" ]; then
    tail -n 0 --pid=$$ --follow=name --retry "$logs/bench.log" 2>/dev/null &
    shown=$!
    run bench 36000 "$python" "$here/bin/bench_gpu.py" --programs "$here/bin" --models "$models" --out "$out/bench.json" \
        ${bench_options[@]+"${bench_options[@]}"}
    kill "$shown" 2>/dev/null
fi
pack
echo
cat "$out/summary.txt"
[ ! -f "$out/bench.txt" ] || cat "$out/bench.txt"
exit "$status"
