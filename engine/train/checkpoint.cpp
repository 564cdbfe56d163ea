// Checkpoints on disk: two safetensors files, their checksums, the counters.
#include "engine/train/checkpoint.h"

#include <algorithm>
#include <utility>

#include "engine/core/sha256.h"
#include "engine/io/safetensors.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kStateFile = "state.json";

const char* weights_file(Method method)
{
    return method == Method::Lora ? "adapter.safetensors" : "model.safetensors";
}

SafetensorsSource source_of(Backend& backend, std::string name, TensorView value)
{
    return {std::move(name),
            "F32",
            safetensors_shape(value.shape()),
            [&backend, value](const std::function<Result<void>(std::span<const std::byte>)>& sink) {
                if (backend.shares_host_memory()) {
                    return sink({static_cast<const std::byte*>(value.raw()), value.bytes()});
                }
                std::vector<std::byte> host(value.bytes());
                backend.download(value, host.data());
                return sink(host);
            }};
}

std::vector<std::pair<std::string, TensorView>> weights_of(const CheckpointTensors& tensors)
{
    std::vector<std::pair<std::string, TensorView>> all;
    for (const Optimizer::Slot& slot : tensors.slots) {
        all.emplace_back(slot.name, slot.value);
    }
    for (const CheckpointTensors::Frozen& frozen : tensors.frozen) {
        all.emplace_back(frozen.name, frozen.value);
    }
    return all;
}

std::vector<std::pair<std::string, TensorView>> moments_of(const CheckpointTensors& tensors)
{
    std::vector<std::pair<std::string, TensorView>> all;
    for (const Optimizer::Slot& slot : tensors.slots) {
        if (slot.m.defined()) {
            all.emplace_back(slot.name + ".m", slot.m);
            all.emplace_back(slot.name + ".v", slot.v);
        }
    }
    return all;
}

Result<void> write_tensors(Backend& backend,
                           const fs::path& path,
                           const std::vector<std::pair<std::string, TensorView>>& tensors)
{
    std::vector<SafetensorsSource> sources;
    sources.reserve(tensors.size());
    for (const auto& [name, value] : tensors) {
        sources.push_back(source_of(backend, name, value));
    }
    return write_safetensors(path, std::move(sources));
}

Result<Json> checksum_of(const fs::path& path)
{
    const Result<MappedFile> file = MappedFile::open(path);
    if (!file) {
        return file.error();
    }
    // Piece by piece, so that a large checkpoint does not count as memory of the process.
    constexpr std::size_t kPiece = std::size_t{1} << 20U;
    Sha256 sha256;
    for (std::size_t begin = 0; begin < file->bytes().size(); begin += kPiece) {
        const std::size_t size = std::min(kPiece, file->bytes().size() - begin);
        sha256.update(file->bytes().subspan(begin, size));
        file->drop_pages(begin, size);
    }
    return Json{{"bytes", file->bytes().size()}, {"sha256", sha256.hex_digest()}};
}

Result<void> write_contents(Backend& backend,
                            const fs::path& folder,
                            const CheckpointTensors& tensors,
                            const RunProgress& progress)
{
    const std::string weights = weights_file(tensors.method);
    if (Result<void> written = write_tensors(backend, folder / weights, weights_of(tensors));
        !written) {
        return written;
    }
    std::vector<std::string> names = {weights};
    if (const auto moments = moments_of(tensors); !moments.empty()) { // SGD has none
        names.emplace_back(kOptimizerFile);
        if (Result<void> written = write_tensors(backend, folder / kOptimizerFile, moments);
            !written) {
            return written;
        }
    }
    Json files = Json::object();
    for (const std::string& name : names) {
        Result<Json> checksum = checksum_of(folder / name);
        if (!checksum) {
            return checksum.error();
        }
        files[name] = std::move(*checksum);
    }
    const Json state = {{"format", kFormat},
                        {"seed", tensors.seed},
                        {"progress", progress.to_json()},
                        {"files", std::move(files)}};
    return write_file_atomically(folder / kStateFile, state.dump(2) + "\n");
}

Result<Json> read_state(const fs::path& checkpoint)
{
    Result<Json> state = read_json_file(checkpoint / kStateFile);
    if (!state) {
        return state;
    }
    const std::string what = (checkpoint / kStateFile).string();
    const bool whole = state->is_object() && state->value("format", Json()) == kFormat
                       && state->contains("seed") && (*state)["seed"].is_number_integer()
                       && state->contains("progress") && state->contains("files")
                       && (*state)["files"].is_object();
    if (!whole) {
        return Error{ErrorCode::Format, concat(what, ": not a checkpoint of format ", kFormat)};
    }
    for (const auto& [name, stated] : (*state)["files"].items()) {
        const Result<Json> found = checksum_of(checkpoint / name);
        if (!found) {
            return found.error();
        }
        if (*found != stated) {
            return Error{ErrorCode::Format,
                         concat((checkpoint / name).string(),
                                ": contents differ from the checksum in ",
                                kStateFile)};
        }
    }
    return state;
}

// Every tensor is checked before any is copied.
Result<void> read_tensors(Backend& backend,
                          const fs::path& path,
                          const std::vector<std::pair<std::string, TensorView>>& tensors)
{
    const Result<SafetensorsFile> file = SafetensorsFile::open(path);
    if (!file) {
        return file.error();
    }
    for (const auto& [name, value] : tensors) {
        const SafetensorsEntry* entry = file->find(name);
        if (entry == nullptr || entry->dtype != "F32"
            || entry->shape != safetensors_shape(value.shape())) {
            return Error{ErrorCode::Format,
                         concat(path.string(),
                                ": ",
                                name,
                                entry == nullptr ? " is missing" : " has another shape or dtype",
                                ", wanted F32 ",
                                value.shape())};
        }
    }
    for (const auto& [name, value] : tensors) {
        backend.upload(file->find(name)->bytes.data(), value);
    }
    return {};
}

} // namespace

Json RunProgress::to_json() const
{
    return {{"step", step},
            {"tokens", tokens},
            {"seconds", seconds},
            {"best_eval_loss", best_eval_loss},
            {"best_step", best_step},
            {"evals_without_improvement", evals_without_improvement},
            {"eval_pending", eval_pending},
            {"recent_losses", recent_losses}};
}

Result<RunProgress> RunProgress::from_json(const Json& json, std::string_view what)
{
    RunProgress progress;
    try {
        progress.step = json.at("step").get<std::int64_t>();
        progress.tokens = json.at("tokens").get<std::int64_t>();
        progress.seconds = json.at("seconds").get<double>();
        progress.best_eval_loss = json.at("best_eval_loss").get<double>();
        progress.best_step = json.at("best_step").get<std::int64_t>();
        progress.evals_without_improvement =
            json.at("evals_without_improvement").get<std::int64_t>();
        progress.eval_pending = json.at("eval_pending").get<bool>();
        progress.recent_losses = json.at("recent_losses").get<std::vector<double>>();
    } catch (const Json::exception&) {
        return Error{ErrorCode::Format, concat(what, ": a counter is missing or not a number")};
    }
    return progress;
}

Result<void> save_checkpoint(Backend& backend,
                             const RunFolder& folder,
                             const CheckpointTensors& tensors,
                             const RunProgress& progress)
{
    const fs::path final_path = folder.checkpoint(progress.step);
    std::error_code error;
    if (fs::exists(final_path, error)) {
        return {};
    }
    const fs::path temporary = folder.checkpoints() / concat(".tmp-step-", progress.step);
    fs::remove_all(temporary, error);
    fs::create_directories(temporary, error);
    if (error) {
        return Error{ErrorCode::Io,
                     concat(temporary.string(), ": cannot create the folder: ", error.message()),
                     "free some disk space or choose a folder that you may write to"};
    }
    Result<void> written = write_contents(backend, temporary, tensors, progress);
    if (written) {
        written = rename_folder_durably(temporary, final_path);
    }
    if (!written) {
        fs::remove_all(temporary, error);
    }
    return written;
}

Result<RunProgress>
load_checkpoint(Backend& backend, const fs::path& checkpoint, const CheckpointTensors& tensors)
{
    const Result<Json> state = read_state(checkpoint);
    if (!state) {
        return state.error();
    }
    const std::string what = (checkpoint / kStateFile).string();
    if ((*state)["seed"] != tensors.seed) {
        return Error{
            ErrorCode::Format,
            concat(what, ": seed is ", (*state)["seed"].dump(), ", run.json's is ", tensors.seed)};
    }
    Result<RunProgress> progress = RunProgress::from_json((*state)["progress"], what);
    if (!progress) {
        return progress;
    }
    if (Result<void> read =
            read_tensors(backend, checkpoint / weights_file(tensors.method), weights_of(tensors));
        !read) {
        return read.error();
    }
    const auto moments = moments_of(tensors);
    if (moments.empty()) {
        return progress;
    }
    if (Result<void> read = read_tensors(backend, checkpoint / kOptimizerFile, moments); !read) {
        return read.error();
    }
    return progress;
}

Result<RunProgress> read_progress(const fs::path& checkpoint)
{
    const Result<Json> state = read_state(checkpoint);
    if (!state) {
        return state.error();
    }
    return RunProgress::from_json((*state)["progress"], (checkpoint / kStateFile).string());
}

} // namespace engine
