// Compare: runs overlaid in one chart, the settings in which they differ, their final numbers.
#pragma once

#include <memory>
#include <vector>

#include "app/runs/run_metrics.h"
#include "ui/pages/page.h"

class QCheckBox;
class QComboBox;
class QSlider;
class QStackedWidget;
class QStandardItemModel;
class QTableView;

namespace ui {

class LineChart;
class RecordTable;

class ComparePage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ComparePage)

public:
    ComparePage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override;

    [[nodiscard]] LineChart& chart() const { return *m_chart; }

    [[nodiscard]] QTableView& settingsTable() const { return *m_settings; }

    void chooseRuns(const QStringList& ids);

private:
    QWidget* buildOptions();
    QTableView* buildTable(const QString& name, QWidget* parent);
    void refresh();
    void onSelection();
    void rebuild();
    void fillTables();
    [[nodiscard]] app::Metric metric() const;
    [[nodiscard]] app::Horizontal horizontal() const;

    QStackedWidget* m_stack = nullptr;
    RecordTable* m_runs = nullptr;
    LineChart* m_chart = nullptr;
    QComboBox* m_metric = nullptr;
    QComboBox* m_horizontal = nullptr;
    QSlider* m_smoothing = nullptr;
    QCheckBox* m_logX = nullptr;
    QCheckBox* m_logY = nullptr;
    QTableView* m_settings = nullptr;
    QTableView* m_numbers = nullptr;
    QLabel* m_hint = nullptr;
    QStringList m_chosen;
    // Series over tokens or time are copies; they live as long as the curves that draw them.
    std::vector<std::unique_ptr<app::MetricSeries>> m_series;
};

} // namespace ui
