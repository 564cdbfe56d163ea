#!/usr/bin/env bash
# Builds what the engine links on Windows into build/windows-libraries, once: PCRE2 and utf8proc from Debian's source
# packages, GoogleTest from Debian's sources, and the headers of nlohmann-json and CLI11.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
out=$root/build/windows-libraries
[ ! -d "$out" ] || exit 0

# apt's own lists of source packages, in a folder of ours: the system's settings stay as they are, and nobody needs to be root.
work=$out.work
rm -rf "$work"
mkdir -p "$work/lists/partial"
cd "$work"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} bookworm main" >sources.list
apt=(apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o Dir::Cache="$work" -o APT::Sandbox::User="$(id -un)")
"${apt[@]}" update
"${apt[@]}" source pcre2 utf8proc

# build FOLDER OPTION...: configures, builds and installs one library.
build() {
    local source=$1
    shift
    cmake -S "$source" -B "$work/build-${source##*/}" -G Ninja --toolchain "$root/packaging/windows/toolchain.cmake" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$out" -DCMAKE_INSTALL_MESSAGE=NEVER -DBUILD_SHARED_LIBS=OFF "$@"
    DESTDIR=$work/stage cmake --build "$work/build-${source##*/}" --target install
}
build pcre2-* -DPCRE2_SUPPORT_JIT=ON -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF
build utf8proc-* -DUTF8PROC_ENABLE_TESTING=OFF
build /usr/src/googletest
staged=$work/stage$out
# Their package files speak of DLLs.
sed -i 's/UTF8PROC_EXPORTS/UTF8PROC_STATIC/' "$staged/lib/pkgconfig/libutf8proc.pc"
sed -i 's/^Cflags:/& -DPCRE2_STATIC/' "$staged/lib/pkgconfig/libpcre2-8.pc"
mkdir -p "$staged/share/cmake" "$staged/licences"
cp -r /usr/include/nlohmann /usr/include/CLI "$staged/include/"
cp -r /usr/share/cmake/nlohmann_json /usr/share/cmake/CLI11 "$staged/share/cmake/"
for package in pcre2 utf8proc; do
    cp "$package"-*/debian/copyright "$staged/licences/$package.txt"
done
cp /usr/share/doc/nlohmann-json3-dev/copyright "$staged/licences/nlohmann-json.txt"
cp /usr/share/doc/libcli11-dev/copyright "$staged/licences/cli11.txt"
cp /usr/share/doc/gcc-mingw-w64-base/copyright "$staged/licences/gcc.txt"
cp /usr/share/doc/mingw-w64-x86-64-dev/copyright "$staged/licences/mingw-w64.txt"
mv "$staged" "$out"
rm -rf "$work"
