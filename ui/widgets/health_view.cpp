// What an adapter changed, matrix by matrix: measured when it is asked for.
#include "ui/widgets/health_view.h"

#include <QSortFilterProxyModel>
#include <QTableView>

#include "app/models/record_column.h"
#include "ui/widgets/health_model.h"
#include "ui/widgets/job_bar.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

HealthView::HealthView(app::UtilityWorker& worker, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_worker(worker)
{
    auto* column = new QVBoxLayout(this);
    column->setSpacing(space::kSmall);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kMedium);
    m_text = makeText({}, u"muted"_s, this);
    m_button = makeButton(tr("&Refresh"), u"refresh"_s, theme, this);
    row->addWidget(m_text, 1);
    row->addWidget(m_button, 0, Qt::AlignTop);
    column->addLayout(row);
    m_bar = new JobBar(this);
    column->addWidget(m_bar);
    m_model = new HealthModel(this);
    auto* proxy = new QSortFilterProxyModel(this);
    proxy->setSourceModel(m_model);
    proxy->setSortRole(app::SortRole);
    m_table = new QTableView(this);
    m_table->setModel(proxy);
    m_table->setAccessibleName(tr("Health by matrix"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(HealthModel::Matrix, Qt::AscendingOrder);
    styleTable(m_table);
    column->addWidget(m_table, 1);
    column->addStretch(0);
    connect(m_button, &QPushButton::clicked, this, &HealthView::measure);
    setAdapter({}, {}, {});
}

void HealthView::setAdapter(const QString& name, const QString& baseModel, const QString& folder)
{
    const bool isSame = !folder.isEmpty() && folder == m_folder && baseModel == m_baseModel;
    m_name = name;
    if (isSame) {
        return;
    }
    m_bar->watch(nullptr);
    delete m_request; // which cancels it
    m_baseModel = baseModel;
    m_folder = folder;
    m_button->setEnabled(!folder.isEmpty());
    showText(folder.isEmpty()
                 ? tr("Nothing to measure yet: the run has saved no adapter.")
                 : tr("Not measured yet. Refresh compares %1 with its base model.").arg(name));
}

void HealthView::measure()
{
    if (m_folder.isEmpty() || m_request != nullptr) {
        return;
    }
    m_button->setEnabled(false);
    m_request = m_worker.health(m_baseModel, m_folder, this);
    connect(m_request, &app::Job::ended, this, &HealthView::onEnded);
    m_bar->watch(m_request);
}

void HealthView::onEnded()
{
    m_button->setEnabled(true);
    const app::HealthRequest& request = *m_request;
    if (request.state() == app::Job::State::Done) {
        m_model->setHealth(request.result());
        m_text->setText(
            tr("%1: how far it moved each matrix, and in how many directions.").arg(m_name));
        m_table->setVisible(true);
        m_table->resizeColumnsToContents();
    } else if (request.state() == app::Job::State::Failed) {
        showText(tr("Not measured. %1").arg(request.problem().text()));
    }
    m_request->deleteLater();
    m_request = nullptr;
}

void HealthView::showText(const QString& text)
{
    m_model->setHealth({});
    m_table->setVisible(false);
    m_text->setText(text);
}

QString HealthView::text() const
{
    return m_text->text();
}

} // namespace ui
