#!/usr/bin/env bash
# clang-tidy over every source: tests/lint/tidy.sh [PART], where PART picks sources by a piece of their path (engine/, ui, ...).
# Not the GPU's kernels as the emulator compiles them: their names are CUDA's.
# Reads a dozen sources at a time as the unity build joins them: half an hour on one core instead of hours.
set -eu
cd "$(dirname "$0")/../.."
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || { echo "tidy.sh: clang-tidy is not installed" >&2; exit 2; }
[ -f build/dev/compile_commands.json ] || { echo "tidy.sh: build/dev is missing; run packaging/test.sh first" >&2; exit 2; }

# The commands of the dev build, without g++'s precompiled headers, which clang cannot read.
mkdir -p build/tidy
sed -e 's/ -Winvalid-pch//; s/ -fpch-preprocess//; s/ -include [^ ]*cmake_pch.hxx//' build/dev/compile_commands.json \
  > build/tidy/compile_commands.json

status=0
while read -r file; do
  # A unity source is made to include sources, sees a declaration twice, and is in no layer's folder.
  checks=
  case $file in *unity_*) checks=-bugprone-suspicious-include,-readability-redundant-declaration ;; esac
  case $file in */build/dev/app/* | */build/dev/ui/*) checks=$checks,-google-build-using-namespace ;; esac
  case $file in */build/dev/ui/*) checks=$checks,-cppcoreguidelines-prefer-member-initializer ;; esac
  "$tidy" --quiet -p build/tidy --checks="$checks" --extra-arg=-Wno-unknown-warning-option \
    --header-filter="$PWD/(engine|app|ui|tests|resources)/.*" "$file" 2> /dev/null || { echo "above: $file"; status=1; }
done < <(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' build/tidy/compile_commands.json | sort -u \
  | grep -v -e '\.S$' -e gpu_emulator/kernels -e autogen -e '/\.rcc/' -e '/\.qt/' -e cmake_pch | grep -e "${1:-.}")
exit "$status"
