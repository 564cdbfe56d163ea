// The table behind TrainConfig: each setting with the member that holds it. Internal to the folder.
#pragma once

#include <variant>
#include <vector>

#include "engine/train/train_config.h"

namespace engine::detail {

using StringList = std::vector<std::string>;
using IntegerList = std::vector<std::int64_t>;
using StringMap = std::map<std::string, std::string>;
using IntegerMap = std::map<std::string, std::int64_t>;
using NumberMap = std::map<std::string, double>;

template <typename... T>
using MemberOf = std::variant<T& (*)(TrainConfig&)...>;

// Enumerations stand in the order of TrainField::choices.
using Member = MemberOf<std::string,
                        std::int64_t,
                        std::uint64_t,
                        int,
                        double,
                        bool,
                        StringList,
                        IntegerList,
                        std::vector<Target>,
                        StringMap,
                        IntegerMap,
                        NumberMap,
                        Method,
                        Init,
                        LoraGaDirection,
                        LoraGaScale,
                        OptimizerKind,
                        Schedule,
                        DType,
                        ops::QuantType>;

struct Entry
{
    TrainField field;
    Member member;
};

[[nodiscard]] const std::vector<Entry>& train_config_table();

} // namespace engine::detail
