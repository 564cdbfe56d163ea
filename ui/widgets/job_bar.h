// A job's title, progress, time left and cancel. Hidden while there is none.
#pragma once

#include <QPointer>
#include <QWidget>

#include "app/jobs/job.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace ui {

class JobBar final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(JobBar)

public:
    explicit JobBar(QWidget* parent = nullptr);
    // Follows the job to its end, then hides. The job stays its owner's.
    void watch(app::Job* job);

    [[nodiscard]] bool isBusy() const { return m_job != nullptr; }

private:
    void onProgressed();

    QPointer<app::Job> m_job;
    QLabel* m_text = nullptr;
    QProgressBar* m_progress = nullptr;
    QPushButton* m_cancel = nullptr;
};

} // namespace ui
