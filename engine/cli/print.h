// How the command line writes: answers as JSON, bytes for people, errors as one sentence.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/error.h"
#include "engine/core/json.h"
#include "engine/model/base_model.h"
#include "engine/model/lora_adapter.h"

namespace cli {

// An answer (or an array of them) without the protocol's "event", indented, to stdout.
void print_json(engine::Json answer);

// Sends what was printed on its way. Errors: Io when some of it, now or earlier, could not be
// written.
[[nodiscard]] engine::Result<void> flush_output();

// "1.5 GiB", "320 MiB", "17 KiB", "12 B".
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

// "12,345,678".
[[nodiscard]] std::string count_text(std::int64_t count);

// One sentence to stderr when the adapter records another quantisation of its base than this one.
void note_base_quant(const engine::LoraAdapter& adapter, const engine::BaseModel& base);

// Likewise when the adapter records another base than this one.
void note_other_base(const std::string& adapter, const std::string& base);

// One sentence to stderr, and the exit code of its category.
[[nodiscard]] int report(const engine::Error& error);

} // namespace cli
