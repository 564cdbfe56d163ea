// Home: the sample at first launch, interrupted runs, recent runs, disk use.
#pragma once

#include "ui/pages/page.h"

namespace ui {

class Facts;
class RecordTable;

class HomePage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(HomePage)

public:
    HomePage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override;

private:
    void buildActions();
    void buildFirstLaunch();
    void buildInterrupted();
    void buildRecent();
    void refresh();
    void fillInterrupted();
    void fillDisk();
    void onContinue(const QString& runId);
    void onRename();
    void onDelete();

    Card* m_first = nullptr;
    QPushButton* m_start = nullptr;
    QWidget* m_nothing = nullptr; // no runs and no sample
    QVBoxLayout* m_interrupted = nullptr;
    QWidget* m_recent = nullptr;
    RecordTable* m_runs = nullptr;
    QPushButton* m_rename = nullptr;
    QPushButton* m_delete = nullptr;
    Facts* m_disk = nullptr;
};

} // namespace ui
