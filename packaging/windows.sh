#!/usr/bin/env bash
# Makes the engine for Windows on Debian 12, with mingw-w64: packaging/windows.sh [--check] [FOLDER]
# In FOLDER (default build/lowrank-windows) and FOLDER.zip: lowrank.exe, which needs 64-bit Windows 10 or later and nothing
# else, the licences and a README. --check builds the engine's tests too, and makes the folder only when they and a small
# job pass under Wine. LOWRANK_GPU_ARCHITECTURES ("90", "80;90") builds for fewer GPUs.
set -euo pipefail
cd "$(dirname "$0")/.."
check=""
target=lowrank
if [ "${1:-}" = --check ]; then
    check=1
    target=all
    shift
fi
out=$(realpath -m "${1:-build/lowrank-windows}")

packaging/install_packages.sh packages-windows.txt ${check:+packages-windows-test.txt}
packaging/windows/libraries.sh
cmake --preset windows \
    ${LOWRANK_GPU_ARCHITECTURES:+-DLOWRANK_GPU_ARCHITECTURES="$LOWRANK_GPU_ARCHITECTURES"}
cmake --build --preset windows --target $target
if [ -n "$check" ]; then
    packaging/windows/check.sh
fi

part=$out.part
rm -rf "$part" "$out" "$out.zip"
mkdir -p "$part/licences"
x86_64-w64-mingw32-strip -o "$part/lowrank.exe" build/windows/bin/lowrank.exe
cp packaging/windows/README.txt LICENSE "$part/"
cp build/windows-libraries/licences/* "$part/licences/"
(cd "$part" && cmake -E tar cf "$part.zip" --format=zip -- *)
mv "$part.zip" "$out.zip"
mv "$part" "$out"
echo "The engine for Windows is in $out and $out.zip: $(du -sh "$out" | cut -f1)."
