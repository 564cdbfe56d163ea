// A scripted worker: speaks the protocol without an engine. Its behaviour is the environment
// variable LOWRANK_FAKE: normal, slow, garbage, crash, hang, deaf (ignores stop), silent (no
// hello), old_protocol, fail, exit_70, lose_device, no_finish, tiny_memory (nothing fits),
// broken_model (nothing is estimated). An estimate grows by what was asked before it.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace {

constexpr int kSteps = 20;
constexpr int kEvaluatedStep = 10;
constexpr int kRowsThatFit = 64; // of a micro-batch
int questions = 0;               // before this one
std::mutex output;
std::atomic<bool> stopAsked{false};
std::atomic<bool> saveAsked{true};
std::atomic<bool> paused{false};
std::atomic<bool> cancelled{false};

std::string mode()
{
    const char* value = std::getenv("LOWRANK_FAKE"); // NOLINT(concurrency-mt-unsafe): only read
    return value != nullptr ? value : "normal";
}

void post(QJsonObject event, qint64 id = 0)
{
    if (id != 0) {
        event.insert("id"_L1, id);
    }
    const QByteArray line = QJsonDocument(event).toJson(QJsonDocument::Compact);
    const std::lock_guard lock(output);
    std::printf("%s\n", line.constData());
    std::fflush(stdout);
}

void sleepMs(int ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

QJsonObject stepEvent(int step)
{
    return {{u"event"_s, u"step"_s},
            {u"step"_s, step},
            {u"loss"_s, 2.0 / step},
            {u"learning_rate"_s, 1e-4},
            {u"grad_norm"_s, 0.5},
            {u"tokens"_s, 100},
            {u"tokens_per_second"_s, 1000.0},
            {u"seconds_left"_s, kSteps - step},
            {u"memory"_s, 1000000 + step}};
}

void writeText(const QString& path, const QByteArray& text)
{
    QFile file(path);
    if (file.open(QIODevice::WriteOnly)) {
        file.write(text);
    }
}

void appendLine(const QString& path, const QJsonObject& object)
{
    QFile file(path);
    if (file.open(QIODevice::WriteOnly | QIODevice::Append)) {
        file.write(QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n');
    }
}

void writeAdapter(const QString& folder)
{
    QDir().mkpath(folder);
    writeText(folder + u"/adapter_config.json"_s,
              R"({"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]})");
    writeText(folder + u"/adapter_model.safetensors"_s, "not really tensors");
}

// What the mode asks for at step 5.
void misbehave(int step)
{
    if (mode() == "crash" && step == 4) { // after step 3
        post({{u"event"_s, u"checkpoint"_s}, {u"step"_s, 3}, {u"path"_s, u"x"_s}});
    }
    if (mode() == "crash" && step == 5) {
        std::fprintf(stderr, "about to crash at step 5\n");
        std::abort();
    }
    if (mode() == "exit_70" && step == 5) {
        std::fprintf(stderr, "an invariant does not hold\n");
        std::exit(70); // NOLINT(concurrency-mt-unsafe): a worker ends like this
    }
    if (mode() == "lose_device" && step == 5) {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"device_lost"_s},
              {u"message"_s, u"GPU: cuStreamSynchronize: error 719"_s},
              {u"hint"_s, u"continue the run from its last checkpoint"_s}});
        std::exit(5); // NOLINT(concurrency-mt-unsafe): as the engine does
    }
    if (mode() == "hang" && step == 5) {
        for (;;) {
            sleepMs(1000);
        }
    }
    if (mode() == "garbage" && step == 5) {
        const std::lock_guard lock(output);
        std::printf("this is no JSON\n{\"event\":\"later_version\",\"x\":1}\n\n");
        std::fflush(stdout);
    }
}

void run(const QString& folder, qint64 id, int first)
{
    post({{u"event"_s, u"state"_s}, {u"state"_s, u"loading"_s}, {u"fraction"_s, 0.5}}, id);
    if (mode() == "fail") {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"out_of_host_memory"_s},
              {u"message"_s, u"activations: 3.0 GiB wanted, 1.0 GiB free"_s},
              {u"hint"_s, u"try micro_batch_size 1"_s}},
             id);
        return;
    }
    post({{u"event"_s, u"started"_s},
          {u"start_step"_s, first - 1},
          {u"max_steps"_s, kSteps},
          {u"trainable_parameters"_s, 1234}},
         id);
    int step = first;
    for (; step <= kSteps && !(stopAsked && mode() != "deaf"); ++step) {
        while (paused && !stopAsked) {
            post({{u"event"_s, u"state"_s}, {u"state"_s, u"paused"_s}}, id);
            sleepMs(20);
        }
        misbehave(step);
        if (step == kEvaluatedStep) {
            post({{u"event"_s, u"state"_s}, {u"state"_s, u"evaluating"_s}}, id);
            post({{u"event"_s, u"state"_s}, {u"state"_s, u"training"_s}}, id);
        }
        appendLine(folder + u"/metrics.jsonl"_s, stepEvent(step));
        post(stepEvent(step), id);
        sleepMs(mode() == "slow" || mode() == "deaf" ? 100 : 2);
        if (mode() == "deaf" && step == kSteps) {
            step = kSteps - 1; // for ever
        }
    }
    const bool done = step > kSteps;
    const QString place = folder + (done ? u"/adapter"_s : u"/checkpoints/step-%1"_s.arg(step - 1));
    if (done || saveAsked) {
        writeAdapter(place);
    }
    if (mode() == "no_finish") {
        return;
    }
    post({{u"event"_s, u"finished"_s},
          {u"reason"_s, done ? u"done"_s : u"stopped"_s},
          {u"step"_s, step - 1},
          {u"loss"_s, 0.125},
          {u"adapter"_s, place},
          {u"peak_memory"_s, 2000000}},
         id);
}

// The question "fail WHO" is not answered by WHO, an adapter's key or "base". Where there were
// turns before the question, the answer begins with what was sent: "[user:a assistant:b user:c] ".
void generate(const QJsonObject& command, qint64 id)
{
    const QString adapter = command.value("adapter"_L1).toString();
    const QString who = adapter.isEmpty() ? u"base"_s : adapter;
    const QJsonArray messages = command.value("messages"_L1).toArray();
    QStringList turns;
    for (const QJsonValue turn : messages) {
        turns.append(turn["role"_L1].toString() + u':' + turn["content"_L1].toString().trimmed());
    }
    if (!turns.isEmpty() && turns.last() == u"user:fail "_s + who) {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"out_of_host_memory"_s},
              {u"message"_s, u"cache: 3.0 GiB wanted, 1.0 GiB free"_s}},
             id);
        return;
    }
    cancelled = false;
    QString text;
    if (turns.size() > 1) {
        text = u'[' + turns.join(u' ') + u"] "_s;
        post({{u"event"_s, u"token"_s}, {u"text"_s, text}}, id);
    }
    const int tokens = mode() == "slow" ? 200 : 3;
    for (int token = 0; token < tokens && !cancelled; ++token) {
        const QString piece = u"%1%2 "_s.arg(who).arg(token);
        text += piece;
        post({{u"event"_s, u"token"_s}, {u"text"_s, piece}}, id);
        sleepMs(mode() == "slow" ? 20 : 0);
    }
    post({{u"event"_s, u"generated"_s},
          {u"adapter"_s, adapter},
          {u"text"_s, text},
          {u"tokens"_s, tokens},
          {u"seconds"_s, 0.1},
          {u"finish_reason"_s, cancelled ? u"cancelled"_s : u"stop"_s}},
         id);
}

// As the worker does where the adapter records another base.
void warnOfOtherBase(const QString& adapter, qint64 id)
{
    if (adapter.contains("of_another_base"_L1)) {
        post({{u"event"_s, u"warning"_s},
              {u"message"_s, adapter + u": was trained on another base"_s}},
             id);
    }
}

void answer(const QString& name, const QJsonObject& command, qint64 id)
{
    if (name == "load_model"_L1
        && command.value("base_model"_L1).toString().contains("missing"_L1)) {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"not_found"_s},
              {u"message"_s, u"no such model"_s}},
             id);
    } else if (name == "load_adapter"_L1
               && command.value("path"_L1).toString().contains("/broken/"_L1)) {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"format"_s},
              {u"message"_s, u"adapter_model.safetensors: it is cut off"_s}},
             id);
    } else if (name == "load_model"_L1 || name == "load_adapter"_L1) {
        warnOfOtherBase(command.value("path"_L1).toString(), id);
        post({{u"event"_s, u"loaded"_s}}, id);
    } else if (name == "generate"_L1 && mode() == "crash") {
        std::abort();
    } else if (name == "generate"_L1) {
        std::thread(generate, command, id).detach();
    } else if (name == "check"_L1 && mode() == "crash") {
        std::abort();
    } else if (name == "check"_L1) {
        post({{u"event"_s, u"state"_s}, {u"state"_s, u"checking"_s}, {u"fraction"_s, 0.5}}, id);
        post({{u"event"_s, u"checked"_s},
              {u"rows"_s, 7},
              {u"accepted"_s, 5},
              {u"refused"_s, 2},
              {u"usable"_s, true}},
             id);
    } else if (name == "estimate"_L1 && mode() == "broken_model") {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"bad_model"_s},
              {u"message"_s, u"model.safetensors: it is cut off"_s}},
             id);
    } else if (name == "estimate"_L1) {
        const int rows = command.value("config"_L1)["micro_batch_size"_L1].toInt(1);
        const bool fits = mode() != "tiny_memory" && rows <= kRowsThatFit;
        post({{u"event"_s, u"estimated"_s},
              {u"terms"_s,
               QJsonArray{QJsonObject{{u"name"_s, u"base_weights"_s}, {u"bytes"_s, 3000}}}},
              {u"total_bytes"_s, 3000 + 100 * questions},
              {u"available_bytes"_s, fits ? 9000 : 1000},
              {u"fits"_s, fits},
              {u"micro_batch_size"_s, 1},
              {u"grad_accum_steps"_s, 16},
              {u"seq_len"_s, 512}},
             id);
    } else if ((name == "export"_L1 || name == "merge"_L1)
               && command.value("out"_L1).toString().endsWith("/full"_L1)) {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"io"_s},
              {u"message"_s, u"model.safetensors: cannot write"_s}},
             id);
    } else if (name == "export"_L1 || name == "merge"_L1) {
        const QString out = command.value("out"_L1).toString();
        writeAdapter(out);
        warnOfOtherBase(command.value("adapter"_L1).toString(), id);
        post({{u"event"_s, u"exported"_s},
              {u"path"_s, out},
              {u"check"_s, QJsonObject{{u"passed"_s, true}, {u"positions"_s, 4}}}},
             id);
    } else if (name == "analyze"_L1) {
        const QJsonObject first = {{u"layer"_s, 2},
                                   {u"target"_s, u"q_proj"_s},
                                   {u"rank"_s, 8},
                                   {u"delta_norm"_s, 0.5},
                                   {u"weight_norm"_s, 20.0},
                                   {u"effective_rank"_s, 3.5}};
        QJsonObject second = first;
        second.insert("layer"_L1, 10);
        second.insert("delta_norm"_L1, 0.1);
        post({{u"event"_s, u"analyzed"_s},
              {u"adapter"_s, command.value("adapter"_L1)},
              {u"matrices"_s, QJsonArray{first, second}}},
             id);
    } else if (name == "devices"_L1) {
        const QJsonObject cpu = {
            {u"device"_s, u"cpu"_s}, {u"name"_s, u"Fake CPU"_s}, {u"usable"_s, true}};
        const QJsonObject gpu = {{u"device"_s, u"cuda:0"_s},
                                 {u"name"_s, u"Fake GPU"_s},
                                 {u"usable"_s, false},
                                 {u"reason"_s, u"it is too old"_s},
                                 {u"properties"_s,
                                  QJsonObject{{u"compute_capability"_s, u"6.1"_s},
                                              {u"driver"_s, u"13.1"_s},
                                              {u"cudnn"_s, u"9.19.0"_s}}}};
        post({{u"event"_s, u"devices"_s},
              {u"devices"_s, QJsonArray{cpu, gpu}},
              {u"note"_s, u"No other GPU."_s}},
             id);
    } else {
        post({{u"event"_s, u"failed"_s},
              {u"code"_s, u"unsupported"_s},
              {u"message"_s, u"the fake worker does not know "_s + name}},
             id);
    }
}

} // namespace

int main()
{
    if (mode() == "deaf") {
        std::signal(SIGTERM, SIG_IGN);
    }
    if (mode() == "silent") {
        sleepMs(60'000);
    }
    post({{u"event"_s, u"hello"_s},
          {u"protocol"_s, mode() == "old_protocol" ? 0 : 1},
          {u"version"_s, u"fake"_s}});
    std::thread training;
    std::string line;
    while (std::getline(std::cin, line)) {
        const QJsonObject command =
            QJsonDocument::fromJson(QByteArray::fromStdString(line)).object();
        const QString name = command.value("command"_L1).toString();
        const qint64 id = command.value("id"_L1).toInteger();
        if (name == "quit"_L1) {
            if (mode() == "deaf") {
                continue;
            }
            break;
        }
        if (name == "train"_L1 || name == "resume_run"_L1) {
            const QString folder = command.value("run_dir"_L1).toString();
            training = std::thread(run, folder, id, name == "train"_L1 ? 1 : 11);
        } else if (name == "stop"_L1) {
            saveAsked = command.value("save"_L1).toBool(true);
            stopAsked = true;
        } else if (name == "pause"_L1 || name == "continue"_L1) {
            paused = name == "pause"_L1;
        } else if (name == "cancel"_L1) {
            cancelled = true;
            post({{u"event"_s, u"done"_s}, {u"command"_s, name}}, id);
        } else if (name == "checkpoint"_L1 || name == "sample"_L1) {
            post({{u"event"_s, u"checkpoint"_s}, {u"step"_s, 1}, {u"path"_s, u"x"_s}}, id);
        } else {
            answer(name, command, id);
            ++questions;
        }
    }
    if (mode() == "deaf") {
        sleepMs(60'000);
    }
    stopAsked = true;
    if (training.joinable()) {
        training.join();
    }
    std::_Exit(0); // a detached generate may still print
}
