// Data sets: import, column mapping with a preview, and the data gate.
#pragma once

#include <QPointer>
#include <QTimer>

#include "app/jobs/dataset_import.h"
#include "ui/pages/page.h"

class QComboBox;
class QStackedWidget;

namespace ui {

class DataGate;
class JobBar;
class RecordTable;

class DatasetsPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(DatasetsPage)

public:
    DatasetsPage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override;
    void importFile(const QString& file);

    [[nodiscard]] DataGate& gate() const { return *m_gate; }

    [[nodiscard]] QPushButton& trainButton() const { return *m_use; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildActions();
    void buildContent();
    QWidget* buildOptions();
    void refresh();
    void fillModels();
    void onImport();
    void onForget();
    void onSelected(const QString& id);
    void onOptionsChanged();
    void check();
    [[nodiscard]] QJsonObject mapOf(const app::DatasetRecord& dataset) const;
    void onChecked();
    void showResult(const app::DatasetCheck& result);
    void allowTraining(const QString& refusal);

    RecordTable* m_table = nullptr;
    QStackedWidget* m_stack = nullptr;
    JobBar* m_job = nullptr;
    DataGate* m_gate = nullptr;
    QComboBox* m_model = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_chatFormat = nullptr;
    QPushButton* m_use = nullptr;
    QPushButton* m_forget = nullptr;
    QLabel* m_recognized = nullptr;
    QPointer<app::DatasetImport> m_import;
    QPointer<app::CheckRequest> m_check;
    QTimer m_checkSoon;       // coalesces quick changes of the options
    QJsonObject m_checkedMap; // the columns' roles of the check that goes on
    QString m_shown;          // the record whose options are shown
    QString m_refusal;        // why nothing can be trained on it; empty when something can
    QString m_selectAfterImport;
};

} // namespace ui
