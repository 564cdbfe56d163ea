// Application: builds and owns every service; the only place they are wired.
#pragma once

#include <memory>

#include <QObject>
#include <QThreadPool>

#include "app/catalog/catalog.h"
#include "app/models/adapter_list_model.h"
#include "app/models/dataset_list_model.h"
#include "app/models/model_list_model.h"
#include "app/models/run_list_model.h"
#include "app/paths.h"
#include "app/playground_session.h"
#include "app/runs/run_queue.h"
#include "app/settings.h"
#include "app/worker/utility_worker.h"

namespace app {

struct ApplicationOptions
{
    QString workspace;           // empty: the setting, else the default
    QString configFile;          // empty: Paths::configFile()
    QString workerProgram;       // empty: Paths::workerProgram()
    WorkerFactory workerFactory; // empty: runs workerProgram; for tests
};

// Construct, connect to problemOccurred, then open(). Everything lives on the GUI thread.
class Application final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Application)

public:
    explicit Application(ApplicationOptions options = {}, QObject* parent = nullptr);
    ~Application() override;

    // Makes the workspace, opens the catalog, registers the sample on first launch, and looks for
    // interrupted runs. Errors: the catalog cannot be used at all. A workspace that cannot be
    // written is no error: catalog().access() says so.
    [[nodiscard]] Outcome<Done> open();

    [[nodiscard]] const Paths& paths() const { return m_paths; }

    [[nodiscard]] Settings& settings() { return m_settings; }

    [[nodiscard]] Catalog& catalog() { return m_catalog; }

    [[nodiscard]] RunQueue& runs() { return m_runs; }

    [[nodiscard]] UtilityWorker& utility() { return m_utility; }

    [[nodiscard]] PlaygroundSession& playground() { return m_playground; }

    [[nodiscard]] QThreadPool& pool() { return m_pool; }

    [[nodiscard]] RunListModel& runList() { return m_runList; }

    [[nodiscard]] ModelListModel& modelList() { return m_modelList; }

    [[nodiscard]] DatasetListModel& datasetList() { return m_datasetList; }

    [[nodiscard]] AdapterListModel& adapterList() { return m_adapterList; }

    // What can compute here; empty until devicesKnown.
    [[nodiscard]] const QList<DeviceInfo>& devices() const { return m_devices.devices; }

    // Why there is no GPU; empty when there is one.
    [[nodiscard]] const QString& gpuNote() const { return m_devices.note; }

    void findDevices();

    [[nodiscard]] bool hasSample() const; // the sample model and data are on board
    [[nodiscard]] QString sampleModelId() const;
    [[nodiscard]] QString sampleDatasetId() const;

    // Closing the window while runs go on: true when nothing is in the way.
    [[nodiscard]] bool canQuitNow() const;
    enum class QuitPolicy { StopAndSave, KeepRunning };
    // readyToQuit follows when every worker has ended or goes on by itself.
    void prepareToQuit(QuitPolicy policy);

Q_SIGNALS:
    void devicesKnown();
    void readyToQuit();
    void problemOccurred(const app::Problem& problem); // belongs to no page

private:
    void registerSample();

    ApplicationOptions m_options;
    Settings m_settings;
    Paths m_paths;
    WorkerFactory m_factory;
    QThreadPool m_pool;
    Catalog m_catalog;
    RunQueue m_runs;
    UtilityWorker m_utility;
    PlaygroundSession m_playground;
    RunListModel m_runList;
    ModelListModel m_modelList;
    DatasetListModel m_datasetList;
    AdapterListModel m_adapterList;
    DeviceList m_devices;
};

} // namespace app
