// Exit codes and signals in words.
#include "app/worker/worker_ending.h"

#include <array>

#include "app/worker/worker_client.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

struct SignalName
{
    int number = 0; // Linux' and most others'
    QLatin1StringView name;
};

constexpr int kKill = 9;
constexpr std::array<SignalName, 11> kSignals = {{{1, "SIGHUP"_L1},
                                                  {2, "SIGINT"_L1},
                                                  {4, "SIGILL"_L1},
                                                  {6, "SIGABRT"_L1},
                                                  {7, "SIGBUS"_L1},
                                                  {8, "SIGFPE"_L1},
                                                  {kKill, "SIGKILL"_L1},
                                                  {11, "SIGSEGV"_L1},
                                                  {13, "SIGPIPE"_L1},
                                                  {15, "SIGTERM"_L1},
                                                  {31, "SIGSYS"_L1}}};

// Nobody but the system and a person with a task manager sends SIGKILL.
QString signalText(int number)
{
    QString name = QString::number(number);
    for (const SignalName& each : kSignals) {
        if (each.number == number) {
            name = u"%1, %2"_s.arg(number).arg(each.name);
        }
    }
    return number == kKill
               ? WorkerClient::tr("The worker was killed (signal %1), as the system does when "
                                  "memory runs out.")
                     .arg(name)
               : WorkerClient::tr("The worker crashed (signal %1).").arg(name);
}

} // namespace

Problem problemFromEnding(const WorkerProcess::Ending& ending)
{
    using Kind = WorkerProcess::Ending::Kind;
    Problem problem;
    if (ending.kind == Kind::CouldNotStart) {
        problem = {
            u"not_found"_s,
            WorkerClient::tr("The program lowrank could not be started: %1.").arg(ending.errorText),
            WorkerClient::tr("Install it beside the studio, or add it to PATH.")};
    } else if (ending.kind == Kind::Crashed) {
        problem = problemFromEvent(u"crashed"_s, signalText(ending.exitCode), {});
    } else if (ending.exitCode == 4) {
        problem = problemFromEvent(
            u"out_of_host_memory"_s, WorkerClient::tr("The worker ran out of memory."), {});
    } else if (ending.exitCode == 5) {
        problem =
            problemFromEvent(u"device_lost"_s, WorkerClient::tr("The worker lost its device."), {});
    } else if (ending.exitCode != 0) {
        problem =
            problemFromEvent(u"crashed"_s,
                             WorkerClient::tr("The worker ended with code %1 and gave no reason.")
                                 .arg(ending.exitCode),
                             {});
    }
    problem.details = ending.stderrTail;
    return problem;
}

} // namespace app
