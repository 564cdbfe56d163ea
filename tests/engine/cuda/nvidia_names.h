// Whether a function or a number of NVIDIA's is declared by the engine as in NVIDIA's own header.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace engine::cuda {

// Whether one of the engine's tags stands for a structure of NVIDIA's; a test names each pair.
template <typename Ours, typename Theirs>
inline constexpr bool kSameThing = std::is_same_v<Ours, Theirs>;

// An argument: numbers of one size, enumerations as numbers; pointers to the same, const alike.
template <typename Ours, typename Theirs>
constexpr bool same_kind()
{
    if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
        using OurTarget = std::remove_pointer_t<Ours>;
        using TheirTarget = std::remove_pointer_t<Theirs>;
        return std::is_const_v<
                   OurTarget> == std::is_const_v<TheirTarget> && same_kind<std::remove_const_t<OurTarget>, std::remove_const_t<TheirTarget>>();
    } else if constexpr (std::is_enum_v<Theirs>) {
        return (std::is_same_v<Ours, int> || std::is_enum_v<Ours>)&&sizeof(Ours) == sizeof(Theirs);
    } else if constexpr (std::is_integral_v<Ours> && std::is_integral_v<Theirs>) {
        return sizeof(Ours) == sizeof(Theirs) && std::is_signed_v<Ours> == std::is_signed_v<Theirs>;
    } else {
        return kSameThing<Ours, Theirs>;
    }
}

template <typename Table, typename Our, typename... Ours, typename Their, typename... Theirs>
constexpr bool same_function(Our (*Table::* /*ours*/)(Ours...), Their (* /*theirs*/)(Theirs...))
{
    if constexpr (sizeof...(Ours) == sizeof...(Theirs)) {
        return same_kind<Our, Their>() && (same_kind<Ours, Theirs>() && ...);
    } else {
        return false;
    }
}

template <typename Ours, typename Theirs>
constexpr bool same_number(Ours ours, Theirs theirs)
{
    return static_cast<long long>(ours) == static_cast<long long>(theirs);
}

// The first that is not so, which a compiler names when it is compared with the size.
template <std::size_t kCount>
constexpr std::size_t first_other(const std::array<bool, kCount>& same)
{
    return static_cast<std::size_t>(std::find(same.begin(), same.end(), false) - same.begin());
}

} // namespace engine::cuda
