// The window: navigation rail, page stack, status line; what happens when it is closed.
#include "ui/main_window.h"

#include <QButtonGroup>
#include <QCloseEvent>
#include <QEvent>
#include <QLabel>
#include <QShortcut>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

#include "app/runs/run_spec.h"
#include "ui/pages/page_factory.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr QSize kDefaultSize(1240, 800);
constexpr QSize kSmallestSize(1180, 680); // what the widest page needs; fits 1280 x 720
constexpr int kAheadMilliseconds = 150;
constexpr std::size_t kPages = static_cast<std::size_t>(PageId::Count);

struct PageEntry
{
    const char* name; // of settings and screenshots
    const char* icon;
    const char* label;
    const char* key; // shortcut
};

constexpr std::array<PageEntry, kPages> kEntries = {{
    {"home", "home", QT_TRANSLATE_NOOP("ui::MainWindow", "Home"), "Ctrl+1"},
    {"models", "models", QT_TRANSLATE_NOOP("ui::MainWindow", "Models"), "Ctrl+2"},
    {"datasets", "datasets", QT_TRANSLATE_NOOP("ui::MainWindow", "Data sets"), "Ctrl+3"},
    {"new_run", "new_run", QT_TRANSLATE_NOOP("ui::MainWindow", "New run"), "Ctrl+N"},
    {"run", "run", QT_TRANSLATE_NOOP("ui::MainWindow", "Run"), "Ctrl+4"},
    {"compare", "compare", QT_TRANSLATE_NOOP("ui::MainWindow", "Compare"), "Ctrl+5"},
    {"catalog", "catalog", QT_TRANSLATE_NOOP("ui::MainWindow", "Catalog"), "Ctrl+6"},
    {"playground", "playground", QT_TRANSLATE_NOOP("ui::MainWindow", "Playground"), "Ctrl+7"},
    {"export", "export", QT_TRANSLATE_NOOP("ui::MainWindow", "Export"), "Ctrl+8"},
    {"settings", "settings", QT_TRANSLATE_NOOP("ui::MainWindow", "Settings"), "Ctrl+,"},
}};

} // namespace

QString MainWindow::pageName(PageId id)
{
    return QString::fromLatin1(kEntries[static_cast<std::size_t>(id)].name);
}

MainWindow::MainWindow(const PageContext& context, QWidget* parent)
    : QMainWindow(parent)
    , m_context(context)
{
    setWindowTitle(tr("LowRank Studio"));
    setMinimumSize(kSmallestSize);
    auto* central = new QWidget(this);
    auto* columns = new QHBoxLayout(central);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    buildRail(central, columns);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    m_banner = new Banner(central);
    m_stack = new QStackedWidget(central);
    right->addWidget(m_banner);
    right->addWidget(m_stack, 1);
    columns->addLayout(right, 1);
    right->addWidget(buildStatusLine());
    setCentralWidget(central);
    app::Application& application = m_context.app;
    connect(&application, &app::Application::problemOccurred, this, &MainWindow::onProblem);
    connect(&application.runs(), &app::RunQueue::currentChanged, this, &MainWindow::onRunChanged);
    connect(&application.runs(), &app::RunQueue::runChanged, this, &MainWindow::onRunChanged);
    connect(&application.catalog(), &app::Catalog::runProgressed, this, &MainWindow::onRunChanged);
    resize(kDefaultSize);
    restoreGeometry(application.settings().value(app::Setting::WindowGeometry).toByteArray());
    onRunChanged();
    if (application.catalog().access() == app::Catalog::Access::ReadOnly) {
        onProblem(application.catalog().readOnlyReason());
    }
    makeAhead({PageId::NewRun, PageId::Run});
}

void MainWindow::makeAhead(QList<PageId> ids)
{
    QTimer::singleShot(kAheadMilliseconds, this, [this, ids = std::move(ids)]() mutable {
        (void)pageOf(ids.takeFirst());
        if (!ids.isEmpty()) {
            makeAhead(std::move(ids));
        }
    });
}

void MainWindow::buildRail(QWidget* parent, QLayout* layout)
{
    auto* rail = new QWidget(parent);
    rail->setObjectName(u"rail"_s);
    rail->setAttribute(Qt::WA_StyledBackground);
    rail->setAccessibleName(tr("Pages"));
    auto* column = new QVBoxLayout(rail);
    column->setContentsMargins(space::kMedium, space::kLarge, space::kMedium, space::kMedium);
    column->setSpacing(space::kHair);
    auto* brand = new QHBoxLayout;
    auto* mark = new QLabel(rail);
    mark->setPixmap(
        QIcon(u":/icons/lowrank-studio.svg"_s).pixmap(QSize(24, 24), devicePixelRatioF()));
    auto* name = new QLabel(tr("LowRank Studio"), rail);
    name->setObjectName(u"brand"_s);
    brand->setSpacing(space::kSmall);
    brand->addWidget(mark);
    brand->addWidget(name, 1);
    column->addLayout(brand);
    column->addSpacing(space::kMedium);
    // Wider where the fonts of the machine are.
    const auto fit = [rail, name, mark] {
        name->ensurePolished();
        rail->setFixedWidth(std::max(size::kRailWidth,
                                     2 * space::kMedium + mark->sizeHint().width() + space::kSmall
                                         + name->fontMetrics().horizontalAdvance(name->text())
                                         + space::kTiny));
    };
    fit();
    connect(&m_context.theme, &Theme::changed, rail, fit);
    m_group = new QButtonGroup(this);
    for (std::size_t i = 0; i < kPages; ++i) {
        const PageEntry& entry = kEntries[i];
        auto* button = new QToolButton(rail);
        button->setProperty("rail", true);
        button->setCheckable(true);
        button->setText(tr(entry.label));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setIconSize(QSize(size::kIcon, size::kIcon));
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        const QKeySequence key(QString::fromLatin1(entry.key));
        button->setToolTip(
            u"%1 (%2)"_s.arg(button->text(), key.toString(QKeySequence::NativeText)));
        const auto paint = [button, this, &entry] {
            button->setIcon(icon(QString::fromLatin1(entry.icon), m_context.theme));
        };
        paint();
        connect(&m_context.theme, &Theme::changed, button, paint);
        const auto id = static_cast<PageId>(i);
        connect(button, &QToolButton::clicked, this, [this, id] { showPage(id); });
        connect(
            new QShortcut(key, this), &QShortcut::activated, this, [this, id] { showPage(id); });
        if (id == PageId::Settings) {
            column->addStretch(1);
        }
        column->addWidget(button);
        m_group->addButton(button);
        m_buttons[i] = button;
    }
    layout->addWidget(rail);
}

QWidget* MainWindow::buildStatusLine()
{
    auto* line = new QWidget(this);
    line->setObjectName(u"statusLine"_s);
    line->setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(space::kMedium, space::kHair, space::kMedium, space::kHair);
    row->setSpacing(space::kMedium);
    const QString workspace = tr("Workspace: %1").arg(m_context.app.paths().workspace());
    row->addWidget(new ElidedLabel(workspace, u"small"_s, line), 1);
    m_runText = new ElidedLabel({}, u"small"_s, line);
    m_runButton = makeFlatButton(tr("Show run"), u"run"_s, m_context.theme, line);
    row->addWidget(m_runText);
    row->addWidget(m_runButton);
    connect(m_runButton, &QPushButton::clicked, this, [this] {
        const app::RunController* run = m_context.app.runs().current();
        if (run != nullptr) {
            showPage(PageId::Run, run->id());
        }
    });
    return line;
}

Page& MainWindow::pageOf(PageId id)
{
    Page*& page = m_pages[static_cast<std::size_t>(id)];
    if (page == nullptr) {
        page = makePage(id, m_context, m_stack);
        m_stack->addWidget(page);
        connect(page, &Page::pageRequested, this, [this](PageId next, const QString& what) {
            showPage(next, what);
        });
    }
    return *page;
}

Page& MainWindow::showPage(PageId id, const QString& subject)
{
    Page& page = pageOf(id);
    QToolButton* button = m_buttons[static_cast<std::size_t>(id)];
    m_current = id;
    button->setChecked(true);
    m_stack->setCurrentWidget(&page);
    page.open(subject);
    const QWidget* focused = focusWidget();
    if (focused == nullptr || !page.isAncestorOf(focused)) {
        button->setFocus(Qt::OtherFocusReason);
    }
    return page;
}

void MainWindow::onRunChanged()
{
    const app::RunController* run = m_context.app.runs().current();
    m_runText->setVisible(run != nullptr);
    m_runButton->setVisible(run != nullptr);
    if (run == nullptr) {
        return;
    }
    const app::RunNumbers numbers = run->numbers();
    QString text = u"%1: %2"_s.arg(titleOf(run->name(), run->id()), app::displayName(run->state()));
    if (numbers.maxSteps > 0) {
        text += tr(", step %1 of %2").arg(numbers.step).arg(numbers.maxSteps);
    }
    m_runText->setText(text);
}

void MainWindow::onProblem(const app::Problem& problem)
{
    m_banner->showText(u"danger"_s, problem.text(), tr("Dismiss"), [this] { m_banner->clear(); });
}

void MainWindow::keepState()
{
    app::Settings& settings = m_context.app.settings();
    settings.setValue(app::Setting::WindowGeometry, saveGeometry());
    if (m_current != PageId::Count) {
        settings.setValue(app::Setting::LastPage, pageName(m_current));
    }
}

bool MainWindow::mayClose()
{
    app::Application& application = m_context.app;
    if (m_isClosing || application.canQuitNow()) {
        return true;
    }
    const QString policy = application.settings().text(app::Setting::OnClose);
    int answer = policy == u"stop"_s ? 0 : policy == u"keep_running"_s ? 1 : -1;
    if (answer < 0) {
        answer = m_context.dialogs.ask(
            this,
            tr("A run is going on"),
            tr("Stop it and save, or let it go on without the window? Either way nothing is lost: "
               "it can be continued from where it is."),
            {tr("Stop and save"), tr("Keep running without the window"), tr("Cancel")});
    }
    if (answer == 0 || answer == 1) {
        m_isClosing = true;
        setEnabled(false);
        connect(&application, &app::Application::readyToQuit, this, &QWidget::close);
        application.prepareToQuit(answer == 0 ? app::Application::QuitPolicy::StopAndSave
                                              : app::Application::QuitPolicy::KeepRunning);
        m_banner->showText(u"info"_s,
                           answer == 0 ? tr("Saving the run, then closing.")
                                       : tr("Handing the run over, then closing."));
    }
    return false;
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    // The second close comes with readyToQuit; until then the window stays and says what it waits
    // for.
    if (m_isClosing && !m_context.app.canQuitNow()) {
        event->ignore();
        return;
    }
    if (!mayClose()) {
        event->ignore();
        return;
    }
    keepState();
    event->accept();
    Q_EMIT closed();
}

} // namespace ui
