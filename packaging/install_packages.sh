#!/usr/bin/env bash
# Installs the Debian packages that the given lists name and this machine lacks; does nothing when all are there.
set -eu
cd "$(dirname "$0")"

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: install the packages of packaging/packages.txt by your system's means." >&2
    exit 0
fi

missing=""
for package in $(sed 's/#.*//' "$@"); do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing:$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages:$missing" >&2
        echo "Install them as root (apt-get install$missing), then run this again." >&2
        exit 1
    fi
    as_root="sudo"
fi
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of words is wanted
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
