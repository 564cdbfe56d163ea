// Lets paths take narrow strings for UTF-8 on Windows. libstdc++ makes a path of them through
// mbrtowc, which knows the system's old code pages only; the linker puts this one in its place
// (--wrap, in CMakeLists.txt). The way back, path::string(), gives UTF-8 by itself.
#include <cwchar>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace {

// The bytes that a character has by its first one.
int bytes_of_character(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming,bugprone-reserved-identifier): the linker's name
extern "C" std::size_t
__wrap_mbrtowc(wchar_t* to, const char* from, std::size_t size, std::mbstate_t* state)
{
    static std::mbstate_t own = 0;
    std::mbstate_t& second_half = state != nullptr ? *state : own;
    if (from == nullptr) {
        second_half = 0;
        return 0;
    }
    if (size == 0) {
        return static_cast<std::size_t>(-2);
    }
    wchar_t units[2] = {};
    if (second_half != 0) { // of a pair, whose last byte is still there
        units[0] = static_cast<wchar_t>(second_half);
        second_half = 0;
        size = 1;
    } else {
        const int bytes = bytes_of_character(static_cast<unsigned char>(*from));
        if (size < static_cast<std::size_t>(bytes)) {
            return static_cast<std::size_t>(-2);
        }
        const int count = ::MultiByteToWideChar(CP_UTF8, 0, from, bytes, units, 2);
        second_half = count == 2 && bytes == 4 ? units[1] : 0;
        size = static_cast<std::size_t>(second_half != 0 ? bytes - 1 : bytes);
    }
    if (to != nullptr) {
        *to = units[0];
    }
    return units[0] == 0 ? 0 : size;
}
