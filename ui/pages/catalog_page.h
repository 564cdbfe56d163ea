// Catalog: every adapter version with its lineage, numbers, tags and notes; delete with undo,
// import, verify, rebuild.
#pragma once

#include <QPointer>

#include "app/catalog/records.h"
#include "ui/pages/page.h"

class QLineEdit;
class QPlainTextEdit;
class QStackedWidget;
class QTreeWidget;

namespace ui {

class Facts;
class JobBar;
class RecordTable;

class CatalogPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(CatalogPage)

public:
    CatalogPage(const PageContext& context, QWidget* parent);
    ~CatalogPage() override;
    void open(const QString& subject) override; // an adapter's id

    [[nodiscard]] RecordTable& table() const { return *m_table; }

protected:
    void hideEvent(QHideEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildActions();
    void buildContent();
    QWidget* buildDetails();
    QWidget* buildNotes(QWidget* parent);
    void refresh();
    void showAdapter(const QString& id);
    void showFacts(const app::AdapterRecord& adapter);
    void fillLineage(const app::AdapterRecord& adapter);
    void showNotes(const app::AdapterRecord& adapter);
    [[nodiscard]] bool hasUnkeptNotes() const;
    void keepNotes();
    void onImport();
    void onRename();
    void onVerify();
    void onDelete();
    void onEmptyTrash();

    QStackedWidget* m_stack = nullptr;
    RecordTable* m_table = nullptr;
    JobBar* m_job = nullptr;
    QLabel* m_name = nullptr;
    Facts* m_facts = nullptr;
    QTreeWidget* m_lineage = nullptr;
    QLineEdit* m_tags = nullptr;
    QPlainTextEdit* m_notes = nullptr;
    QPushButton* m_undo = nullptr;
    QPushButton* m_empty = nullptr; // the trash
    QPushButton* m_base = nullptr;  // of imported ones
    QList<QPushButton*> m_needAdapter;
    QString m_shown;
    QString m_imported; // to be told and selected when the catalog has it
};

} // namespace ui
