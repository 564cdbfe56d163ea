// Small helpers of the data reader's tests: read a text that must be accepted, show its turns.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace engine::data_tests {

inline Dataset
read(std::string_view bytes, const std::string& name, const DatasetOptions& options = {})
{
    Result<Dataset> dataset = read_dataset_text(bytes, name, options);
    if (!dataset) {
        ADD_FAILURE() << dataset.error().message;
        return {};
    }
    return std::move(*dataset);
}

// "role: content" of each turn, "(role: content)" where it is an untrained answer.
inline std::vector<std::string> turns(const Record& record)
{
    std::vector<std::string> result;
    for (const Message& message : record.messages) {
        const std::string text = std::string(to_string(message.role)) + ": " + message.content;
        const bool context = message.role == Role::Assistant && !message.train;
        result.push_back(context ? "(" + text + ")" : text);
    }
    return result;
}

} // namespace engine::data_tests
