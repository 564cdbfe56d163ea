// A searchable, sortable table over one of app's record models, speaking in record ids.
#include "ui/widgets/record_table.h"

#include <QHeaderView>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include "app/models/record_table_model.h"
#include "ui/widgets/parts.h"

namespace ui {

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
    for (qsizetype i = 0; i < columnWidths.size(); ++i) {
        const auto [column, width] = columnWidths.at(i);
        m_view->setColumnHidden(column, false);
        header->setSectionResizeMode(column,
                                     i == 0 ? QHeaderView::Stretch : QHeaderView::Interactive);
        m_view->setColumnWidth(column, width);
    }
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
