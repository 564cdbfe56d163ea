// New run: what is trained, on what, how; the map, the memory estimate, and Start.
#pragma once

#include <QPointer>
#include <QTimer>

#include "app/runs/memory_fit.h"
#include "app/runs/run_spec.h"
#include "app/worker/worker_answers.h"
#include "ui/pages/page.h"

class QComboBox;

namespace ui {

class FormField;
class MemoryBar;
class SpecForm;
class TargetMap;

class NewRunPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(NewRunPage)

public:
    NewRunPage(const PageContext& context, QWidget* parent);
    // Subjects: "sample", "model:ID", "dataset:ID", "run:ID" (another run like that one).
    void open(const QString& subject) override;

    [[nodiscard]] app::RunSpec& spec() { return m_spec; }

private:
    QWidget* buildForm();
    QWidget* buildWhat(QWidget* parent);
    QWidget* buildMap(QWidget* parent);
    QWidget* buildGroup(const QString& heading, app::FieldInfo::Group group, QWidget* parent);
    void addAlgorithms(Card& card);
    QWidget* buildSummary();
    void orderTabs(const QWidget& form) const;
    void connectSpec();
    void fillChoices();
    void chooseDefaults();
    void chooseSample();
    void onModelChosen();
    void onDatasetChosen();
    void onMapChanged();
    void onRankRequested(const QString& target, int layer); // -1: every layer
    void onInitChanged();
    void onProblemsChanged();
    void onAdviceChanged();
    void estimate();
    void onEstimated();
    void
    refuse(const QString& reason); // to start, until the next estimate; empty: nothing against it
    void showProblems();
    void makeItFit();
    void pullNextLever();
    void onStart();
    void onCreated(const app::RunCreation& creation);

    app::RunSpec m_spec;
    QComboBox* m_model = nullptr;
    QComboBox* m_dataset = nullptr;
    FormField* m_modelField = nullptr;
    FormField* m_datasetField = nullptr;
    TargetMap* m_map = nullptr;
    QLabel* m_mapCount = nullptr;
    QLabel* m_mapProblem = nullptr;
    SpecForm* m_init = nullptr;
    QWidget* m_advice = nullptr;
    QLabel* m_adviceText = nullptr;
    QPushButton* m_adviceUse = nullptr;
    QLabel* m_parameters = nullptr;
    QLabel* m_resolved = nullptr;
    MemoryBar* m_memory = nullptr;
    QPushButton* m_fit = nullptr;
    QLabel* m_problems = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_reset = nullptr;
    QTimer m_estimateSoon;
    QPointer<app::EstimateRequest> m_estimate;
    app::MemoryFit m_fitting;
    app::MemoryEstimate m_newest;  // of the memory
    QString m_refusal;             // why the run of the newest estimate cannot start
    bool m_isStarting = false;     // the folder of a run is being written
    bool m_isSampleWanted = false; // asked for before the catalog had it
};

} // namespace ui
