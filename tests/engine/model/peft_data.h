// The tiny base, PEFT's adapters on it and their golden numbers, for the tests that read them.
#pragma once

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "engine/io/safetensors.h"
#include "engine/model/model_config.h"
#include "tests/support/test_data.h"

namespace tests {

inline const std::filesystem::path kPeft = test_data() / "peft";

inline constexpr const char* kPeftAdapters[] = {"plain", "rslora_patterns", "by_layer", "regex"};

inline engine::ModelConfig tiny_llama()
{
    return engine::value_or_throw(engine::ModelConfig::load(kPeft / "base"));
}

// A float32 tensor's values; empty when the file lacks it.
inline std::vector<float> floats_of(const engine::SafetensorsFile& file, const std::string& name)
{
    const engine::SafetensorsEntry* entry = file.find(name);
    std::vector<float> values(entry == nullptr ? 0 : static_cast<std::size_t>(entry->numel()));
    if (entry != nullptr) {
        std::memcpy(values.data(), entry->bytes.data(), entry->bytes.size());
    }
    return values;
}

// "logits", or "delta.<module path>" of an adapter.
inline std::vector<float> peft_golden(const std::string& folder, const std::string& name)
{
    return floats_of(engine::value_or_throw(
                         engine::SafetensorsFile::open(kPeft / folder / "golden.safetensors")),
                     name);
}

inline void
expect_near(const std::vector<float>& found, const std::vector<float>& wanted, float tolerance)
{
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], wanted[i], tolerance) << i;
    }
}

} // namespace tests
