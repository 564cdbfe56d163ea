// The folder first, which no other studio can have made too; then its two files.
#include "app/runs/run_creation.h"

#include <QDir>
#include <QFileInfo>

#include "app/runs/run_folder.h"
#include "engine/core/thread_sanitizer.h"

using namespace Qt::StringLiterals;

namespace app {

struct RunCreation::MakeWork final : ThreadJob::Work
{
    MakeWork(const Paths& place, Plan wanted)
        : paths(place)
        , plan(std::move(wanted))
    {}

    Outcome<Done> process(JobControl& control) override
    {
        if (control.isCancelled()) {
            return Problem{u"cancelled"_s, RunCreation::tr("Cancelled.")};
        }
        const Outcome<QString> made = paths.createRunFolder(plan.name);
        if (!made) {
            return made.problem();
        }
        const RunFolder run(*made);
        Outcome<Done> written = run.setStudioValues(plan.studio);
        if (written) {
            written = run.writeConfig(plan.config);
        }
        if (written) {
            folder = *made;
        } else {
            QDir(*made).removeRecursively(); // half a run folder is of no use to anybody
        }
        engine::publish(this);
        return written;
    }

    Paths paths;
    Plan plan;
    QString folder;
};

RunCreation::RunCreation(const Paths& paths, Plan plan, QObject* parent)
    : RunCreation(std::make_shared<MakeWork>(paths, std::move(plan)), parent)
{}

RunCreation::RunCreation(std::shared_ptr<MakeWork> work, QObject* parent)
    : ThreadJob(tr("Make the run's folder"), work, parent)
    , m_make(std::move(work))
{}

QString RunCreation::folder() const
{
    engine::observe(m_make.get());
    return m_make->folder;
}

QString RunCreation::runId() const
{
    return QFileInfo(folder()).fileName();
}

} // namespace app
