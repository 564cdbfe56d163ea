// RunCreation: makes a run's folder with studio.json and run.json, off the GUI thread.
#pragma once

#include <memory>

#include <QJsonObject>

#include "app/jobs/thread_job.h"
#include "app/paths.h"

namespace app {

// Done: the folder is whole. Failed: it is gone again. run.json is written last, and a folder
// without it is no run: whoever looks meanwhile sees none.
class RunCreation final : public ThreadJob
{
    Q_OBJECT

public:
    struct Plan
    {
        QString name;       // for the folder's
        QJsonObject studio; // of studio.json
        QJsonObject config; // of run.json
    };

    RunCreation(const Paths& paths, Plan plan, QObject* parent = nullptr);

    [[nodiscard]] QString folder() const; // when it is whole; empty otherwise
    [[nodiscard]] QString runId() const;  // its name

private:
    struct MakeWork;
    RunCreation(std::shared_ptr<MakeWork> work, QObject* parent);
    std::shared_ptr<MakeWork> m_make;
};

} // namespace app
