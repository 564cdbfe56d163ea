// A searchable, sortable table over one of app's record models, speaking in record ids.
#include "ui/widgets/record_table.h"

#include <algorithm>

#include <QEvent>
#include <QHeaderView>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include "app/models/record_table_model.h"
#include "ui/widgets/name_delegate.h"
#include "ui/widgets/parts.h"

namespace ui {

namespace {

constexpr int kRowsMeasured = 100; // the widths of a long table are much the same

} // namespace

RecordTable::RecordTable(QAbstractItemModel& model,
                         const QString& name,
                         const QString& searchHint,
                         QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::kSmall);
    m_proxy = new QSortFilterProxyModel(this);
    m_proxy->setSourceModel(&model);
    m_proxy->setSortRole(app::SortRole);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    if (!searchHint.isEmpty()) {
        m_search = new QLineEdit(this);
        m_search->setPlaceholderText(searchHint);
        m_search->setClearButtonEnabled(true);
        m_search->setAccessibleName(searchHint);
        layout->addWidget(m_search);
        connect(m_search,
                &QLineEdit::textChanged,
                m_proxy,
                &QSortFilterProxyModel::setFilterFixedString);
    }
    m_view = new QTableView(this);
    m_view->setModel(m_proxy);
    m_view->setAccessibleName(name);
    m_view->setSortingEnabled(true);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    styleTable(m_view);
    m_view->setTextElideMode(Qt::ElideMiddle); // names of runs differ at both ends
    m_view->viewport()->installEventFilter(this);
    layout->addWidget(m_view, 1);
    const auto announce = [this] {
        const QString id = currentId();
        if (id != m_announced) {
            m_announced = id;
            Q_EMIT currentIdChanged(id);
        }
        Q_EMIT selectionChanged();
    };
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, announce);
    connect(m_proxy, &QAbstractItemModel::rowsRemoved, this, announce);
    m_fitSoon.setSingleShot(true);
    m_fitSoon.setInterval(0);
    connect(&m_fitSoon, &QTimer::timeout, this, &RecordTable::fitColumns);
    const auto fitSoon = qOverload<>(&QTimer::start);
    connect(m_proxy, &QAbstractItemModel::modelReset, &m_fitSoon, fitSoon);
    connect(m_proxy, &QAbstractItemModel::rowsInserted, &m_fitSoon, fitSoon);
    connect(m_proxy, &QAbstractItemModel::dataChanged, &m_fitSoon, fitSoon);
    connect(m_view, &QTableView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT activated(index.data(app::IdRole).toString());
    });
}

void RecordTable::showColumns(const QList<QPair<int, int>>& columnWidths)
{
    QHeaderView* header = m_view->horizontalHeader();
    header->setStretchLastSection(false);
    header->setMinimumSectionSize(size::kControlHeight);
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        m_view->setColumnHidden(column, true);
    }
    m_columns = columnWidths;
    if (!columnWidths.isEmpty()) { // the names
        m_view->setItemDelegateForColumn(columnWidths.constFirst().first, new NameDelegate(this));
    }
    for (const auto& [column, width] : columnWidths) {
        m_view->setColumnHidden(column, false);
        header->setSectionResizeMode(column, QHeaderView::Interactive);
    }
    fitColumns();
}

int RecordTable::contentWidth(int column) const
{
    int widest = 0;
    for (int row = 0; row < std::min(m_proxy->rowCount(), kRowsMeasured); ++row) {
        const QModelIndex index = m_proxy->index(row, column);
        widest = std::max(widest, m_view->sizeHintForIndex(index).width());
    }
    return widest + 1; // for the grid line the view takes off, drawn or not
}

void RecordTable::fitColumns()
{
    if (m_columns.isEmpty()) {
        return;
    }
    const QHeaderView* header = m_view->horizontalHeader();
    int left = m_view->viewport()->width();
    for (const auto& [column, least] : m_columns.sliced(1)) {
        const int wanted = std::max({least, header->sectionSizeHint(column), contentWidth(column)});
        m_view->setColumnWidth(column, wanted);
        left -= wanted;
    }
    const auto& [first, least] = m_columns.constFirst();
    m_view->setColumnWidth(first, std::max(least, left));
}

bool RecordTable::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize) {
        m_fitSoon.start();
    }
    return QWidget::eventFilter(watched, event);
}

void RecordTable::sortBy(int column, Qt::SortOrder order)
{
    m_view->sortByColumn(column, order);
}

QStringList RecordTable::selectedIds() const
{
    QStringList ids;
    for (const QModelIndex& row : m_view->selectionModel()->selectedRows()) {
        ids.append(row.data(app::IdRole).toString());
    }
    return ids;
}

QString RecordTable::currentId() const
{
    const QStringList ids = selectedIds();
    return ids.isEmpty() ? QString() : ids.first();
}

void RecordTable::selectId(const QString& id)
{
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QModelIndex index = m_proxy->index(row, 0);
        if (index.data(app::IdRole).toString() == id) {
            m_view->setCurrentIndex(index);
            m_view->selectRow(row);
            return;
        }
    }
}

void RecordTable::setMultiSelection()
{
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
}

} // namespace ui
