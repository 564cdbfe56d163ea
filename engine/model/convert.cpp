// Element conversions through float32.
#include "engine/model/convert.h"

#include <cstddef>
#include <cstring>

#include "engine/core/check.h"
#include "engine/core/parallel_for.h"

namespace engine {

namespace {

constexpr std::int64_t kGrain = 1 << 15;

template <typename Source, typename Destination>
void convert_range(const std::byte* source,
                   Destination* destination,
                   std::int64_t begin,
                   std::int64_t end)
{
    for (std::int64_t i = begin; i < end; ++i) {
        Source value;
        std::memcpy(&value, source + static_cast<std::size_t>(i) * sizeof(Source), sizeof(Source));
        destination[i] = from_float<Destination>(to_float(value));
    }
}

template <typename Source, typename Destination>
void convert_all(const std::byte* source, void* destination, std::int64_t count)
{
    auto* typed = static_cast<Destination*>(destination);
    parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        convert_range<Source>(source, typed, begin, end);
    });
}

template <typename Source>
void convert_from(const std::byte* source, void* destination, DType dtype, std::int64_t count)
{
    switch (dtype) {
    case DType::F32:
        return convert_all<Source, float>(source, destination, count);
    case DType::BF16:
        return convert_all<Source, bfloat16_t>(source, destination, count);
    case DType::F16:
        return convert_all<Source, float16_t>(source, destination, count);
    case DType::I32:
    case DType::U8:
        break;
    }
    throw EngineError({ErrorCode::InvalidArgument, concat("convert: destination is ", dtype)});
}

} // namespace

void convert_elements(const void* source,
                      DType source_dtype,
                      void* destination,
                      DType destination_dtype,
                      std::int64_t count)
{
    const auto* bytes = static_cast<const std::byte*>(source);
    if (source_dtype == destination_dtype) {
        std::memcpy(destination, bytes, static_cast<std::size_t>(count) * size_of(source_dtype));
        return;
    }
    switch (source_dtype) {
    case DType::F32:
        return convert_from<float>(bytes, destination, destination_dtype, count);
    case DType::BF16:
        return convert_from<bfloat16_t>(bytes, destination, destination_dtype, count);
    case DType::F16:
        return convert_from<float16_t>(bytes, destination, destination_dtype, count);
    case DType::I32:
    case DType::U8:
        break;
    }
    throw EngineError({ErrorCode::InvalidArgument, concat("convert: source is ", source_dtype)});
}

} // namespace engine
