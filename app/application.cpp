// The wiring: which service gets which.
#include "app/application.h"

#include <QFileInfo>

#include "app/jobs/dataset_import.h"
#include "app/jobs/model_import.h"
#include "app/worker/qprocess_worker.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QString chosen(const QString& given, const QString& otherwise)
{
    return given.isEmpty() ? otherwise : given;
}

// The workspace of the command line, else of the settings, else the default.
QString workspaceFrom(const ApplicationOptions& options, const Settings& settings)
{
    return chosen(options.workspace,
                  chosen(settings.text(Setting::Workspace), Paths::defaultWorkspace()));
}

WorkerFactory factoryFrom(const ApplicationOptions& options)
{
    return options.workerFactory
               ? options.workerFactory
               : qprocessWorkerFactory(chosen(options.workerProgram, Paths::workerProgram()));
}

} // namespace

Application::Application(ApplicationOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_settings(chosen(m_options.configFile, Paths::configFile()))
    , m_paths(workspaceFrom(m_options, m_settings))
    , m_factory(factoryFrom(m_options))
    , m_catalog(m_paths)
    , m_runs(m_paths,
             m_catalog,
             m_settings,
             m_factory,
             chosen(m_options.workerProgram, Paths::workerProgram()))
    , m_utility(m_factory, ladderTimesFrom(m_settings))
    , m_playground(m_factory, ladderTimesFrom(m_settings))
    , m_runList(m_catalog)
    , m_modelList(m_catalog)
    , m_datasetList(m_catalog)
    , m_adapterList(m_catalog)
{
    connect(&m_catalog, &Catalog::problemOccurred, this, &Application::problemOccurred);
    connect(&m_runs, &RunQueue::problemOccurred, this, &Application::problemOccurred);
    connect(&m_runs, &RunQueue::idle, this, [this] {
        m_catalog.flush();
        Q_EMIT readyToQuit();
    });
    // The lists are filled by the first changed signals, after open().
}

Application::~Application()
{
    m_pool.waitForDone();
}

Outcome<Done> Application::open()
{
    Outcome<Done> opened = m_catalog.open();
    if (!opened) {
        return opened;
    }
    for (const auto& changed : {&Catalog::modelsChanged,
                                &Catalog::datasetsChanged,
                                &Catalog::runsChanged,
                                &Catalog::adaptersChanged}) {
        Q_EMIT(m_catalog.*changed)();
    }
    m_runs.findInterrupted();
    connect(&m_catalog, &Catalog::rebuilt, this, [this] { m_runs.findInterrupted(); });
    connect(&m_catalog, &Catalog::deleteUndone, this, [this] { m_runs.findInterrupted(); });
    if (m_catalog.access() == Catalog::Access::ReadWrite) {
        registerSample();
    }
    return opened;
}

bool Application::hasSample() const
{
    return !Paths::sampleModel().isEmpty() && !Paths::sampleDatasets().isEmpty();
}

QString Application::sampleModelId() const
{
    const auto model = m_catalog.modelByPath(Paths::sampleModel());
    return model ? model->id : QString();
}

QString Application::sampleDatasetId() const
{
    const QStringList files = Paths::sampleDatasets();
    const auto dataset = files.isEmpty() ? std::nullopt : m_catalog.datasetByPath(files.front());
    return dataset ? dataset->id : QString();
}

void Application::registerSample()
{
    if (!hasSample()) {
        return;
    }
    if (sampleModelId().isEmpty()) {
        ModelRecord model = describeModel(Paths::sampleModel());
        model.name = tr("Sample model");
        m_catalog.saveModel(model);
    }
    for (const QString& file : Paths::sampleDatasets()) {
        if (m_catalog.datasetByPath(file)) {
            continue;
        }
        DatasetImportOptions options;
        options.file = file;
        options.name = tr("Sample: %1").arg(QFileInfo(file).completeBaseName());
        auto* import = new DatasetImport(m_paths, options, this);
        connect(import, &Job::ended, this, [this, import] {
            if (import->state() == Job::State::Done) {
                m_catalog.saveDataset(import->record());
            }
            import->deleteLater();
        });
        import->start(m_pool);
    }
}

void Application::findDevices()
{
    DevicesRequest* request = m_utility.devices(this);
    connect(request, &Job::ended, this, [this, request] {
        if (request->state() == Job::State::Done) {
            m_devices = request->result();
            Q_EMIT devicesKnown();
        } else {
            Q_EMIT problemOccurred(request->problem());
        }
        request->deleteLater();
    });
}

bool Application::canQuitNow() const
{
    return !m_runs.isBusy();
}

void Application::prepareToQuit(QuitPolicy policy)
{
    m_utility.shutDown();
    m_playground.shutDown();
    if (policy == QuitPolicy::KeepRunning) {
        m_runs.continueAllWithoutWindow();
    } else {
        m_runs.stopAll();
    }
}

} // namespace app
