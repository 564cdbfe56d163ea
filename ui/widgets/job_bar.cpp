// A job's title, progress, time left and cancel. Hidden while there is none.
#include "ui/widgets/job_bar.h"

#include <QHBoxLayout>
#include <QProgressBar>

#include "app/runs/run_spec.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kWhole = 1000;
constexpr int kBarWidth = 220;

} // namespace

JobBar::JobBar(QWidget* parent)
    : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kMedium);
    m_text = makeLabel({}, u"muted"_s, this);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(kBarWidth);
    m_cancel = new QPushButton(tr("Cancel"), this);
    m_cancel->setAutoDefault(false);
    row->addWidget(m_text, 1);
    row->addWidget(m_progress);
    row->addWidget(m_cancel);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (m_job != nullptr) {
            m_job->cancel();
        }
    });
    hide();
}

void JobBar::watch(app::Job* job)
{
    if (m_job != nullptr) {
        disconnect(m_job, nullptr, this, nullptr);
    }
    m_job = job;
    setVisible(job != nullptr && !job->isEnded());
    if (job == nullptr) {
        return;
    }
    connect(job, &app::Job::progressed, this, &JobBar::onProgressed);
    connect(job, &app::Job::ended, this, [this, job] {
        if (m_job == job) {
            m_job = nullptr;
            hide();
        }
    });
    onProgressed();
}

void JobBar::onProgressed()
{
    if (m_job == nullptr) {
        return;
    }
    QString text = m_job->title();
    if (!m_job->detail().isEmpty()) {
        text += u" \u2013 "_s + m_job->detail();
    }
    if (m_job->secondsLeft() >= 0.0) {
        text += u" \u2013 "_s + tr("%1 left").arg(app::humanSeconds(m_job->secondsLeft()));
    }
    m_text->setText(text);
    m_progress->setAccessibleName(text);
    m_progress->setRange(0, m_job->fraction() < 0.0 ? 0 : kWhole);
    m_progress->setValue(m_job->fraction() < 0.0 ? 0 : qRound(m_job->fraction() * kWhole));
}

} // namespace ui
