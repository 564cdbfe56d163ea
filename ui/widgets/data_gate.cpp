// The data gate: what a check of a data set found, before anything is trained on it.
#include "ui/widgets/data_gate.h"

#include <algorithm>

#include <QHeaderView>
#include <QPlainTextEdit>
#include <QSet>
#include <QSplitter>
#include <QStandardItemModel>
#include <QTabWidget>
#include <QTableView>

#include "ui/widgets/column_map_editor.h"
#include "ui/widgets/histogram.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/token_view.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kRowNumberWidth = 48;
constexpr int kLeastRowsWidth = 380; // the counts whole, and a readable start of the text
constexpr int kRowsShare = 3;        // of the width, against the tokens' share
constexpr int kTokensShare = 2;
constexpr int kTilesPerRow = 4;

} // namespace

DataGate::DataGate(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::kMedium);
    layout->addWidget(buildCounts());
    layout->addWidget(buildRefusal());
    m_tabs = new QTabWidget(this);
    m_tabs->setAccessibleName(tr("Data gate"));
    m_columns = new ColumnMapEditor(this);
    m_tabs->addTab(buildRows(), tr("Rows and tokens"));
    m_tabs->addTab(buildProblems(), tr("Problems"));
    m_tabs->addTab(m_columns, tr("Columns"));
    layout->addWidget(m_tabs, 1);
}

QWidget* DataGate::buildCounts()
{
    m_counts = new Card({}, this);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(space::kHuge);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(space::kHuge);
    grid->setVerticalSpacing(space::kSmall);
    const QStringList captions = {tr("rows"),
                                  tr("usable"),
                                  tr("warned"),
                                  tr("refused"),
                                  tr("blank"),
                                  tr("duplicate"),
                                  tr("too long"),
                                  tr("fully masked")};
    for (int i = 0; i < captions.size(); ++i) {
        auto* tile = new NumberTile(captions.at(i), m_counts);
        grid->addWidget(tile, i / kTilesPerRow, i % kTilesPerRow);
        m_tiles.append(tile);
    }
    m_histogram = new Histogram(m_theme, tr("tokens"), m_counts);
    columns->addLayout(grid);
    columns->addWidget(m_histogram, 1);
    m_counts->body()->addLayout(columns);
    return m_counts;
}

QWidget* DataGate::buildRefusal()
{
    m_refused = new Card(tr("Nothing can be trained on this file as it is"), this);
    m_reason = makeText({}, u"error"_s, m_refused);
    m_reason->setObjectName(u"refusal"_s);
    m_mapping = makeText(
        tr("What each column is can be said on the Columns tab below."), u"muted"_s, m_refused);
    m_mapping->setObjectName(u"mapping"_s);
    m_refused->body()->addWidget(m_reason);
    m_refused->body()->addWidget(m_mapping);
    m_refused->hide();
    return m_refused;
}

QWidget* DataGate::buildRows()
{
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setChildrenCollapsible(false);
    m_rows = new QTableView(splitter);
    m_rowsModel = new app::DatasetRowsModel(this);
    m_rows->setModel(m_rowsModel);
    m_rows->setAccessibleName(tr("Rendered rows"));
    m_rows->setSelectionMode(QAbstractItemView::SingleSelection);
    styleTable(m_rows);
    QHeaderView* header = m_rows->horizontalHeader();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(app::DatasetRowsModel::Text, QHeaderView::Stretch);
    m_rows->setMinimumWidth(kLeastRowsWidth);
    connect(m_rows->selectionModel(),
            &QItemSelectionModel::currentRowChanged,
            this,
            [this](const QModelIndex& current) { showRow(current.row()); });
    auto* right = new QWidget(splitter);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(space::kSmall, space::kSmall, 0, 0);
    column->setSpacing(space::kSmall);
    m_tokensCaption = makeText({}, u"small"_s, right);
    m_tokensCaption->setObjectName(u"tokensCaption"_s);
    m_tokens = new TokenView(m_theme, right);
    m_rendered = new QPlainTextEdit(right);
    m_rendered->setReadOnly(true);
    m_rendered->setTabChangesFocus(true);
    m_rendered->setProperty("mono", true);
    m_rendered->setAccessibleName(tr("Rendered template"));
    column->addWidget(m_tokensCaption);
    column->addWidget(m_tokens, 3);
    column->addWidget(makeLabel(tr("Rendered template"), u"small"_s, right));
    column->addWidget(m_rendered, 2);
    splitter->addWidget(m_rows);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, kRowsShare);
    splitter->setStretchFactor(1, kTokensShare);
    splitter->setSizes({kRowsShare, kTokensShare});
    return splitter;
}

QWidget* DataGate::buildProblems()
{
    auto* holder = new QWidget(this);
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kSmall);
    m_cut = makeText({}, u"small"_s, holder);
    m_cut->setObjectName(u"problemsCut"_s);
    m_problems = new QTableView(holder);
    m_problemsModel = new QStandardItemModel(this);
    m_problems->setModel(m_problemsModel);
    m_problems->setAccessibleName(tr("Problems by row"));
    m_problems->setEditTriggers(QAbstractItemView::NoEditTriggers);
    styleTable(m_problems);
    column->addWidget(m_cut);
    column->addWidget(m_problems, 1);
    return holder;
}

void DataGate::addProblem(const QString& row, const QString& verdict, const QString& message)
{
    auto* found = new QStandardItem(message);
    found->setToolTip(message);
    m_problemsModel->appendRow({new QStandardItem(row), new QStandardItem(verdict), found});
}

void DataGate::fillProblems(const app::DatasetCheck& check)
{
    m_problemsModel->clear();
    m_problemsModel->setHorizontalHeaderLabels({tr("Row"), tr("Verdict"), tr("What was found")});
    if (!check.reason.isEmpty()) {
        addProblem(tr("file"), tr("\u2715 refused"), check.reason);
    }
    QSet<qint64> rows;
    for (const app::RowProblemText& problem : check.problems) {
        const QString row = problem.row > 0 ? countText(problem.row) : tr("file");
        // The words of the counts above; a message says when a row that is warned of is left out.
        const QString verdict = problem.refused ? tr("\u2715 refused") : tr("\u25b3 warned");
        addProblem(row, verdict, problem.message);
        if (problem.row > 0) {
            rows.insert(problem.row);
        }
    }
    m_problems->resizeColumnToContents(0);
    m_problems->setColumnWidth(0, std::max(m_problems->columnWidth(0), kRowNumberWidth));
    const qint64 all = check.warned + check.refused;
    const bool isCut = rows.size() < all;
    m_cut->setVisible(isCut);
    m_cut->setText(tr("Listed are the first %1 of %2 rows with a problem.")
                       .arg(countText(rows.size()), countText(all)));
    const qint64 shown = isCut ? all : problemCount();
    m_tabs->setTabText(1, shown == 0 ? tr("Problems") : tr("Problems (%1)").arg(countText(shown)));
}

int DataGate::problemCount() const
{
    return m_problemsModel->rowCount();
}

QString DataGate::refusal() const
{
    return m_reason->text();
}

void DataGate::showCheck(const app::DatasetCheck& check, const QJsonObject& columnMap)
{
    const QList<qint64> counts = {check.rows,
                                  check.accepted,
                                  check.warned,
                                  check.refused,
                                  check.blank,
                                  check.duplicates,
                                  check.tooLong,
                                  check.fullyMasked};
    for (int i = 0; i < m_tiles.size(); ++i) {
        m_tiles.at(i)->setValue(countText(counts.at(i)));
    }
    m_reason->setText(check.reason);
    m_mapping->setVisible(!check.columns.isEmpty());
    m_counts->setVisible(check.reason.isEmpty());
    m_refused->setVisible(!check.reason.isEmpty());
    QList<Histogram::Bin> bins;
    for (const app::HistogramBin& bin : check.lengths) {
        bins.append({bin.from, bin.to, bin.count});
    }
    m_histogram->setBins(bins, check.suggestedSeqLen, tr("length %1").arg(check.suggestedSeqLen));
    m_rowsModel->setRows(check.preview);
    fillProblems(check);
    m_columns->setColumns(check.columns, columnMap);
    if (!check.preview.isEmpty()) {
        m_rows->selectRow(0);
    }
    showRow(check.preview.isEmpty() ? -1 : 0);
}

void DataGate::clear()
{
    m_columns->setColumns({}, {});
    clearResult();
}

void DataGate::clearResult()
{
    app::DatasetCheck nothing;
    nothing.columns = m_columns->columns();
    showCheck(nothing, m_columns->map());
    for (NumberTile* tile : std::as_const(m_tiles)) {
        tile->setValue(u"-"_s);
    }
}

void DataGate::showRow(int row)
{
    if (row < 0 || row >= m_rowsModel->rowCount()) {
        m_tokens->setTokens({});
        m_tokensCaption->setText(tr("No row chosen."));
        m_rendered->clear();
        return;
    }
    const app::PreviewRow& preview = m_rowsModel->row(row);
    QList<TokenView::Token> tokens;
    for (const app::PreviewToken& token : preview.tokens) {
        tokens.append({token.text, token.id, token.trained});
    }
    const bool hasTokens = !tokens.isEmpty();
    m_tokens->setTokens(std::move(tokens));
    m_tokensCaption->setText(
        hasTokens ? tr("Row %1: %2 tokens, %3 of them trained (coloured and underlined)")
                        .arg(preview.row)
                        .arg(preview.tokens.size())
                        .arg(preview.trainedTokens)
                  : tr("Row %1. Choose a base model to see its tokens.").arg(preview.row));
    m_rendered->setPlainText(preview.rendered);
}

} // namespace ui
