// Run: one run live or past: numbers, charts, samples, LoRA-GA's report, settings, log; and what
// can be done with it.
#pragma once

#include <optional>

#include <QPointer>

#include "ui/pages/page.h"

class QComboBox;
class QGridLayout;
class QPlainTextEdit;
class QStackedWidget;
class QTabWidget;
class QTableView;

namespace ui {

class Facts;
class HealthView;
class InitReportModel;
class LineChart;
class LogView;
class StatusPill;

class RunPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RunPage)

public:
    RunPage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override; // a run's id; shown once the page is built

    [[nodiscard]] LineChart& lossChart() const { return *m_loss; }

    [[nodiscard]] HealthView& health() const { return *m_health; }

    [[nodiscard]] const app::RunController* run() const { return m_run; }

private:
    void buildActions();
    QWidget* buildHeader();
    QWidget* buildCharts();
    void buildSmallCharts(QGridLayout* grid, QWidget* parent);
    QWidget* buildTabs();
    void onBuilt();
    void fillRuns();
    void showRun(app::RunController* run);
    void connectRun();
    void setCurves();
    void onStateChanged();
    void onStep();
    void showLosses(const app::RunNumbers& numbers);
    void onSamples();
    void onInitReport();
    void onEnded();
    void fillSettings();
    void fillHealth();
    void showActions(app::RunState state);
    [[nodiscard]] QString newestAdapter() const;
    void onPause();
    void onResume();

    QPointer<app::RunController> m_run;
    QStackedWidget* m_stack = nullptr;
    QComboBox* m_runs = nullptr;
    StatusPill* m_pill = nullptr;
    QLabel* m_detail = nullptr;
    QPushButton* m_pause = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_sample = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_resume = nullptr;
    QPushButton* m_again = nullptr;
    QPushButton* m_try = nullptr;
    QPushButton* m_export = nullptr;
    NumberTile* m_step = nullptr;
    NumberTile* m_lossNow = nullptr;
    NumberTile* m_evalNow = nullptr;
    NumberTile* m_speed = nullptr;
    NumberTile* m_left = nullptr;
    NumberTile* m_memoryNow = nullptr;
    LineChart* m_loss = nullptr;
    LineChart* m_rate = nullptr;
    LineChart* m_grad = nullptr;
    LineChart* m_tokens = nullptr;
    LineChart* m_memory = nullptr;
    QTabWidget* m_tabs = nullptr;
    QPlainTextEdit* m_samples = nullptr;
    InitReportModel* m_report = nullptr;
    QTableView* m_reportTable = nullptr;
    QWidget* m_settingsTab = nullptr;
    HealthView* m_health = nullptr;
    Facts* m_settings = nullptr;
    LogView* m_log = nullptr;
    qsizetype m_samplesShown = 0;
    bool m_isBuilt = false;
    std::optional<QString> m_wanted; // opened before it was built
};

} // namespace ui
