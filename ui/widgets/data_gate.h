// The data gate: what a check of a data set found, before anything is trained on it.
#pragma once

#include <QWidget>

#include "app/models/dataset_rows_model.h"
#include "app/worker/worker_answers.h"
#include "ui/theme/theme.h"

class QLabel;
class QPlainTextEdit;
class QStandardItemModel;
class QTableView;
class QTabWidget;

namespace ui {

class ColumnMapEditor;
class Card;
class Histogram;
class NumberTile;
class TokenView;

class DataGate final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(DataGate)

public:
    explicit DataGate(const Theme& theme, QWidget* parent = nullptr);
    void showCheck(const app::DatasetCheck& check, const QJsonObject& columnMap);
    void clear();
    void clearResult(); // all but the columns, which can still be mapped

    [[nodiscard]] ColumnMapEditor& columns() const { return *m_columns; }

    [[nodiscard]] const TokenView& tokens() const { return *m_tokens; }

    [[nodiscard]] int problemCount() const;

    // Why the file as a whole is refused, as it is shown; empty when it is not.
    [[nodiscard]] QString refusal() const;

private:
    QWidget* buildCounts();
    QWidget* buildRefusal();
    QWidget* buildRows();
    QWidget* buildProblems();
    void fillProblems(const app::DatasetCheck& check);
    void addProblem(const QString& row, const QString& verdict, const QString& message);
    void showRow(int row);

    const Theme& m_theme;
    Card* m_counts = nullptr;
    Card* m_refused = nullptr; // in place of the counts
    QLabel* m_reason = nullptr;
    QLabel* m_mapping = nullptr; // the way out, where there are columns
    QList<NumberTile*> m_tiles;
    Histogram* m_histogram = nullptr;
    QTabWidget* m_tabs = nullptr;
    QTableView* m_rows = nullptr;
    app::DatasetRowsModel* m_rowsModel = nullptr;
    TokenView* m_tokens = nullptr;
    QLabel* m_tokensCaption = nullptr;
    QPlainTextEdit* m_rendered = nullptr;
    QTableView* m_problems = nullptr;
    QStandardItemModel* m_problemsModel = nullptr;
    QLabel* m_cut = nullptr; // how much of the list is shown
    ColumnMapEditor* m_columns = nullptr;
};

} // namespace ui
