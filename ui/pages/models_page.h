// Models: base models known to the studio, what each is, and why one cannot be used.
#pragma once

#include <QPointer>

#include "app/jobs/model_import.h"
#include "ui/pages/page.h"

class QStackedWidget;

namespace ui {

class Facts;
class JobBar;
class RecordTable;

class ModelsPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ModelsPage)

public:
    ModelsPage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override;
    // Looks through a folder; what a drop and the button do.
    void addFolder(const QString& folder);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildActions();
    void buildTable();
    QWidget* buildDetails();
    void refresh();
    void onAdd();
    void onAdded(const QList<app::ModelRecord>& records); // at least one
    void onActivated(const QString& id);
    void onForget();
    void showModel(const QString& id);

    RecordTable* m_table = nullptr;
    QStackedWidget* m_stack = nullptr;
    JobBar* m_job = nullptr;
    QPointer<app::ModelImport> m_scan;
    QString m_added; // to be selected when the list has it
    QLabel* m_name = nullptr;
    QLabel* m_refusal = nullptr;
    Facts* m_facts = nullptr;
    QPushButton* m_use = nullptr;
    QPushButton* m_talk = nullptr;
    QPushButton* m_forget = nullptr;
};

} // namespace ui
