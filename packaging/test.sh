#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, runs the tests.
set -eu
cd "$(dirname "$0")/.."
cmake --preset dev
cmake --build --preset dev
ctest --preset dev
