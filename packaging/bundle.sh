#!/usr/bin/env bash
# Makes a folder of the engine that runs on another Linux x86-64 machine: packaging/bundle.sh [FOLDER]
# In it: bin/ (lowrank, the GPU tests, the benchmarks), lib/ (the libraries they need, found beside them), data/ (of the
# tests), sample/, check_gpu.sh. Beside it FOLDER.tar.xz, the same as one file. That machine needs glibc of this one's age
# or younger, an NVIDIA driver and cuBLAS of CUDA 13 for its GPU, and nothing else. LOWRANK_GPU_ARCHITECTURES ("90",
# "80;90") builds for fewer GPUs; LOWRANK_ONEDNN=OFF leaves out the 40 MB that only the CPU's matrix products need.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-build/lowrank-bundle}")
programs="lowrank bench_train bench_lora_ga bench_strips test_ops test_golden test_curves test_lora_ga test_lora_group test_generator test_quantize"

cmake --preset bundle -DLOWRANK_ONEDNN="${LOWRANK_ONEDNN:-ON}" \
    ${LOWRANK_GPU_ARCHITECTURES:+-DLOWRANK_GPU_ARCHITECTURES="$LOWRANK_GPU_ARCHITECTURES"}
# shellcheck disable=SC2086 # a list of words is wanted
cmake --build --preset bundle --target $programs

part=$out.part
rm -rf "$part"
mkdir -p "$part/bin" "$part/lib" "$part/data" "$part/sample/data"
for program in $programs; do
    strip -o "$part/bin/$program" "build/bundle/bin/$program"
done
# Every library but glibc's own and the loader, which belong to the machine.
ldd "$part"/bin/* | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
    grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' | while read -r library; do
    cp -L "$library" "$part/lib/"
done
cp -r tests/data/golden tests/data/quant "$part/data/"
cp -r resources/sample/model "$part/sample/"
cp resources/sample/data/facts.jsonl "$part/sample/data/"
cp tests/bench/cpu/bench.py tests/bench/cpu/peft_train.py tests/bench/gpu/bench_gpu.py packaging/linux/check_sample.py \
    "$part/bin/"
cp packaging/linux/check_gpu.sh LICENSE "$part/"
rm -rf "$out"
mv "$part" "$out"
# The programs have much in common, which only a large window sees.
tar -C "$(dirname "$out")" -c "$(basename "$out")" | xz -9 >"$out.tar.xz.part"
mv "$out.tar.xz.part" "$out.tar.xz"
echo "The bundle is in $out: $(du -sh "$out" | cut -f1), and packed in $out.tar.xz: $(du -h "$out.tar.xz" | cut -f1)."
