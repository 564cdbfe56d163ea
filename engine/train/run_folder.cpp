// Run folders on disk.
#include "engine/train/run_folder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include "engine/train/config_text.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStepPrefix = "step-";

// Folders of checkpoints and results and files of AtomicFile carry this while they are written.
bool is_temporary(const fs::path& path)
{
    const std::string name = path.filename().string();
    return name.find(".tmp") != std::string::npos;
}

std::optional<std::int64_t> step_of_line(std::string_view line)
{
    const Result<Json> json = parse_json(line, "line");
    if (!json || !json->is_object() || !json->contains("step")
        || !(*json)["step"].is_number_integer()) {
        return std::nullopt;
    }
    return (*json)["step"].get<std::int64_t>();
}

Result<void> cut_file(const fs::path& path, std::int64_t step)
{
    std::error_code error;
    if (!fs::exists(path, error)) {
        return {};
    }
    const Result<std::string> text = read_file(path);
    if (!text) {
        return text.error();
    }
    std::string kept;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::size_t newline = rest.find('\n');
        if (newline == std::string_view::npos) {
            break; // a torn last line
        }
        const std::string_view line = rest.substr(0, newline);
        const std::optional<std::int64_t> line_step = step_of_line(line);
        if (line_step && *line_step <= step) {
            kept.append(line).push_back('\n');
        }
        rest.remove_prefix(newline + 1);
    }
    return kept == *text ? Result<void>() : write_file_atomically(path, kept);
}

void append_number(std::string& line, double value)
{
    if (!std::isfinite(value)) {
        line += "null";
        return;
    }
    std::array<char, 32> text = {};
    const auto [end, status] = std::to_chars(text.data(), text.data() + text.size(), value);
    line.append(text.data(), end);
    (void)status; // 32 characters hold the shortest form of every double
}

void append_number(std::string& line, std::int64_t value)
{
    std::array<char, 24> text = {};
    const auto [end, status] = std::to_chars(text.data(), text.data() + text.size(), value);
    line.append(text.data(), end);
    (void)status; // 24 characters hold every 64-bit number
}

std::string two_digits(std::int64_t value)
{
    return (value < 10 ? "0" : "") + std::to_string(value);
}

template <typename Number>
void append_field(std::string& line, const char* key, Number value)
{
    line.append(line.back() == '{' ? "\"" : ",\"").append(key).append("\":");
    append_number(line, value);
}

} // namespace

Result<TrainConfig> RunFolder::read_config() const
{
    const Result<Json> json = read_json_file(config());
    if (!json) {
        return json.error();
    }
    Result<TrainConfig> settings = TrainConfig::from_json(*json);
    if (!settings) {
        return Error{settings.error().code,
                     concat(config().string(), ": ", settings.error().message),
                     settings.error().hint};
    }
    return settings;
}

std::string RunFolder::fact(const std::string& name) const
{
    const Result<Json> json = read_json_file(config());
    const Json::json_pointer place("/facts/" + name);
    return json && json->contains(place) && json->at(place).is_string()
               ? json->at(place).get<std::string>()
               : std::string();
}

Result<void> RunFolder::write_config(const TrainConfig& settings, const Json& facts) const
{
    Json json = settings.to_json();
    json["facts"] = facts;
    return write_file_atomically(config(),
                                 json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<std::int64_t> RunFolder::checkpoint_steps() const
{
    std::vector<std::int64_t> steps;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints(), error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kStepPrefix)) {
            continue;
        }
        const Result<std::int64_t> step =
            parse_integer("step", std::string_view(name).substr(kStepPrefix.size()));
        if (step && *step >= 0) {
            steps.push_back(*step);
        }
    }
    std::sort(steps.begin(), steps.end());
    return steps;
}

void RunFolder::remove_leftovers() const
{
    std::error_code error;
    std::vector<fs::path> leftovers;
    std::vector<fs::path> folders = {m_root, checkpoints()};
    for (const std::int64_t step : checkpoint_steps()) {
        folders.push_back(checkpoint(step)); // its adapter comes after it
    }
    for (const fs::path& folder : folders) {
        for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
            if (is_temporary(entry.path())) {
                leftovers.push_back(entry.path());
            }
        }
    }
    for (const fs::path& path : leftovers) {
        fs::remove_all(path, error);
    }
}

void RunFolder::prune_checkpoints(std::int64_t keep, std::int64_t best_step) const
{
    const std::vector<std::int64_t> steps = checkpoint_steps();
    const auto count = static_cast<std::int64_t>(steps.size());
    for (std::int64_t i = 0; i < count - keep; ++i) {
        const std::int64_t step = steps[static_cast<std::size_t>(i)];
        if (step != best_step) {
            // Renamed first, so that a checkpoint under its name is always whole.
            std::error_code error;
            const fs::path doomed = checkpoints() / concat(".tmp-old-", step);
            fs::rename(checkpoint(step), doomed, error);
            fs::remove_all(doomed, error);
        }
    }
}

Result<void> RunFolder::cut_back(std::int64_t step) const
{
    if (Result<void> cut = cut_file(metrics(), step); !cut) {
        return cut;
    }
    return cut_file(samples(), step);
}

RunJournal::RunJournal(AppendFile metrics, AppendFile samples, AppendFile log)
    : m_metrics(std::move(metrics))
    , m_samples(std::move(samples))
    , m_log(std::move(log))
{
    m_line.reserve(512); // longer than any step's line
}

Result<RunJournal> RunJournal::open(const RunFolder& folder)
{
    Result<AppendFile> metrics = AppendFile::open(folder.metrics());
    if (!metrics) {
        return metrics.error();
    }
    Result<AppendFile> samples = AppendFile::open(folder.samples());
    if (!samples) {
        return samples.error();
    }
    Result<AppendFile> log = AppendFile::open(folder.log());
    if (!log) {
        return log.error();
    }
    return RunJournal(std::move(*metrics), std::move(*samples), std::move(*log));
}

Result<void> RunJournal::add(const StepEvent& event)
{
    m_line.clear();
    append_step_line(event, m_line);
    return m_metrics.append_line(m_line);
}

Result<void> RunJournal::add(const EvalEvent& event)
{
    return m_metrics.append_line(to_line(to_json(TrainEvent(event))));
}

Result<void> RunJournal::add(const SampleEvent& event)
{
    return m_samples.append_line(to_line(to_json(TrainEvent(event))));
}

void RunJournal::log(std::string_view text)
{
    (void)m_log.append_line(utc_now_text() + " " + std::string(text));
}

Result<void> RunJournal::sync()
{
    if (Result<void> synced = m_metrics.sync(); !synced) {
        return synced;
    }
    return m_samples.sync();
}

std::string utc_now_text()
{
    using namespace std::chrono; // NOLINT(google-build-using-namespace): nine of its names
    const auto now = floor<seconds>(system_clock::now());
    const auto today = floor<days>(now);
    const year_month_day date(today);
    const hh_mm_ss<seconds> time(now - today);
    return concat(static_cast<int>(date.year()),
                  "-",
                  two_digits(static_cast<unsigned>(date.month())),
                  "-",
                  two_digits(static_cast<unsigned>(date.day())),
                  "T",
                  two_digits(time.hours().count()),
                  ":",
                  two_digits(time.minutes().count()),
                  ":",
                  two_digits(time.seconds().count()),
                  "Z");
}

void append_step_line(const StepEvent& event, std::string& line)
{
    line += "{\"event\":\"step\"";
    append_field(line, "step", event.step);
    append_field(line, "loss", event.loss);
    append_field(line, "learning_rate", event.learning_rate);
    append_field(line, "grad_norm", event.grad_norm);
    append_field(line, "tokens", event.tokens);
    append_field(line, "tokens_per_second", event.tokens_per_second);
    append_field(line, "epoch", event.epoch);
    append_field(line, "seconds", event.seconds);
    append_field(line, "seconds_left", event.seconds_left);
    append_field(line, "memory", event.memory);
    line += "}";
}

} // namespace engine
