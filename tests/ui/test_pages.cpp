// Every page in every theme: built empty and full, its primary action, its error state, its keys.
#include <algorithm>

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/playground_page.h"
#include "ui/pages/run_page.h"
#include "ui/pages/settings_page.h"
#include "ui/widgets/column_map_editor.h"
#include "ui/widgets/data_gate.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/health_view.h"
#include "ui/widgets/line_chart.h"

using namespace Qt::StringLiterals;

namespace {

// What a screen reader would say of a control: its name, its text, or its buddy's text.
QString spokenName(const QWidget* widget)
{
    if (!widget->accessibleName().isEmpty()) {
        return widget->accessibleName();
    }
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
        return button->text();
    }
    return {};
}

bool isControl(const QWidget* widget)
{
    return qobject_cast<const QAbstractButton*>(widget) != nullptr
           || qobject_cast<const QComboBox*>(widget) != nullptr
           || qobject_cast<const QLineEdit*>(widget) != nullptr
           || qobject_cast<const QPlainTextEdit*>(widget) != nullptr
           || qobject_cast<const QAbstractSpinBox*>(widget) != nullptr
           || qobject_cast<const QTableView*>(widget) != nullptr;
}

// Controls that Qt makes inside others (a spin box's line edit) are spoken by their parent.
bool isInner(const QWidget* widget)
{
    const QWidget* parent = widget->parentWidget();
    return widget->objectName().startsWith(u"qt_"_s)
           || qobject_cast<const QAbstractSpinBox*>(parent) != nullptr
           || qobject_cast<const QComboBox*>(parent) != nullptr
           || qobject_cast<const QTableView*>(parent) != nullptr
           || qobject_cast<const QLineEdit*>(parent) != nullptr;
}

// What Alt and a letter reach in a page: buttons, tabs, and the fields that labels stand for.
QMap<QString, QStringList> mnemonicsOf(const QWidget& window)
{
    QMap<QString, QStringList> texts; // by key
    const auto note = [&](const QString& text) {
        if (const QKeySequence key = QKeySequence::mnemonic(text); !key.isEmpty()) {
            texts[key.toString()].append(text);
        }
    };
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisible()) {
            continue;
        }
        if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
            note(button->text());
        } else if (const auto* bar = qobject_cast<const QTabBar*>(widget)) {
            for (int tab = 0; tab < bar->count(); ++tab) {
                note(bar->tabText(tab));
            }
        } else if (const auto* label = qobject_cast<const QLabel*>(widget);
                   label != nullptr && label->buddy() != nullptr) {
            note(label->text());
        }
    }
    return texts;
}

void addThemes()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("light") << static_cast<int>(ui::ThemeKind::Light);
    QTest::newRow("dark") << static_cast<int>(ui::ThemeKind::Dark);
    QTest::newRow("high contrast") << static_cast<int>(ui::ThemeKind::HighContrast);
}

QList<ui::PageId> everyPage()
{
    QList<ui::PageId> pages;
    for (int page = 0; page < static_cast<int>(ui::PageId::Count); ++page) {
        pages.append(static_cast<ui::PageId>(page));
    }
    return pages;
}

} // namespace

class TestPages final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void buildsEmpty_data() { addThemes(); }

    void buildsEmpty()
    {
        QFETCH(int, kind);
        tests::Studio studio(static_cast<ui::ThemeKind>(kind));
        QVERIFY(studio.isOpen());
        studio.forgetSample();
        ui::MainWindow window(studio.context());
        window.show();
        for (const ui::PageId page : everyPage()) {
            const ui::Page& shown = window.showPage(page);
            QVERIFY(shown.isVisible());
            QTRY_VERIFY(shown.isBuilt());
            QVERIFY(!window.grab().isNull());
            QVERIFY(!shown.accessibleName().isEmpty());
        }
    }

    void buildsFull_data() { addThemes(); }

    void buildsFull()
    {
        QFETCH(int, kind);
        tests::Studio studio(static_cast<ui::ThemeKind>(kind));
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        for (const ui::PageId page : everyPage()) {
            const ui::Page& shown = window.showPage(page);
            QTRY_VERIFY(shown.isBuilt());
            QVERIFY(!window.grab().isNull());
            int controls = 0;
            for (const QWidget* widget : shown.findChildren<QWidget*>()) {
                if (isControl(widget) && !isInner(widget) && widget->isVisibleTo(&shown)) {
                    ++controls;
                    QVERIFY2(!spokenName(widget).isEmpty(),
                             qPrintable(ui::MainWindow::pageName(page) + u' '
                                        + QString::fromLatin1(widget->metaObject()->className())));
                }
            }
            QVERIFY(controls > 0);
        }
    }

    void everyControlTakesTheKeyboard()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        for (const ui::PageId page : everyPage()) {
            const ui::Page& shown = window.showPage(page);
            QTRY_VERIFY(shown.isBuilt());
            for (const QWidget* widget : shown.findChildren<QWidget*>()) {
                if (isControl(widget) && !isInner(widget) && widget->isVisibleTo(&shown)
                    && widget->isEnabled()) {
                    QVERIFY2(widget->focusPolicy() & Qt::TabFocus, qPrintable(spokenName(widget)));
                }
            }
        }
    }

    void noTwoControlsOfAPageShareAKey()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        int keys = 0;
        QStringList shared;
        for (const ui::PageId page : everyPage()) {
            QTRY_VERIFY(window.showPage(page).isBuilt());
            for (const QStringList& texts : mnemonicsOf(window)) {
                ++keys;
                if (texts.size() > 1) {
                    shared.append(ui::MainWindow::pageName(page) + u": "_s + texts.join(u", "_s));
                }
            }
        }
        QVERIFY(keys > 10);
        QVERIFY2(shared.isEmpty(), qPrintable(shared.join(u'\n')));
    }

    // Five charts at once would hold up the window at the click that starts a run.
    void runPageIsBuiltPartByPart()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::RunPage page(studio.context(), nullptr);
        page.show();
        QVERIFY(page.findChildren<ui::LineChart*>().isEmpty());
        page.open(u"seen"_s);
        page.open({}); // shown again meanwhile
        QVERIFY(page.run() == nullptr);
        QTRY_VERIFY(page.run() != nullptr);
        QVERIFY(page.isBuilt());
        QCOMPARE(page.run()->id(), u"seen"_s);
        QCOMPARE(page.findChildren<ui::LineChart*>().size(), 5);
        QTRY_VERIFY(page.lossChart().drawnPoints() > 0);
    }

    void runPageListsTheSettingsWhenTheyAreLookedAt()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::RunPage page(studio.context(), nullptr);
        page.show();
        page.open(u"seen"_s);
        QTRY_VERIFY(page.run() != nullptr);
        const auto* facts = page.findChild<ui::Facts*>();
        QVERIFY(facts->findChildren<QLabel*>().isEmpty());
        auto* tabs = page.findChild<QTabWidget*>();
        for (int tab = 0; tab < tabs->count(); ++tab) {
            if (tabs->widget(tab)->isAncestorOf(facts)) {
                tabs->setCurrentIndex(tab);
            }
        }
        QVERIFY(facts->findChildren<QLabel*>().size() >= 2);
        page.open(u"other"_s); // the tab stays, with the other run's settings
        const auto labels = facts->findChildren<QLabel*>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->accessibleName().contains("other"_L1);
        }));
    }

    void modelsPageSaysWhyAFolderIsNoModel()
    {
        tests::Studio studio;
        ui::ModelsPage page(studio.context(), nullptr);
        page.show();
        QVERIFY(QDir().mkpath(studio.path(u"empty"_s)));
        page.addFolder(studio.path(u"empty"_s));
        QTRY_VERIFY(!page.banner().text().isEmpty());
        QVERIFY(page.banner().property("banner").toString() == u"danger"_s);
    }

    void newRunKeepsFromStartingWithoutAModel()
    {
        tests::Studio studio;
        studio.forgetSample();
        ui::NewRunPage page(studio.context(), nullptr);
        page.show();
        const auto* start = tests::buttonWithText(&page, tr("&Start training"));
        QVERIFY(start != nullptr);
        QVERIFY(!start->isEnabled());
    }

    void settingsPageChangesTheTheme()
    {
        tests::Studio studio;
        ui::SettingsPage page(studio.context(), nullptr);
        page.show();
        const QSignalSpy changed(&studio.theme(), &ui::Theme::changed);
        for (QComboBox* box : page.findChildren<QComboBox*>()) {
            const int dark = box->findData(u"dark"_s);
            if (dark >= 0) {
                box->setCurrentIndex(dark);
                Q_EMIT box->activated(dark);
            }
        }
        QCOMPARE(studio.theme().kind(), ui::ThemeKind::Dark);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(studio.app().settings().text(app::Setting::Theme), u"dark"_s);
    }

    void settingsPageSaysWhyAGpuIsNotUsed()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::SettingsPage page(studio.context(), nullptr);
        page.show();
        studio.app().findDevices();
        const auto shown = [&page](const QString& text) {
            const auto labels = page.findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
                return label->text().contains(text);
            });
        };
        QTRY_VERIFY(shown(u"Fake GPU"_s));
        QVERIFY(shown(u"capability 6.1, driver 13.1, cuDNN 9.19.0. Not used: it is too old"_s));
        QVERIFY(shown(u"No other GPU."_s));
        const auto boxes = page.findChildren<QComboBox*>();
        QVERIFY(std::any_of(boxes.begin(), boxes.end(), [](const QComboBox* box) {
            return box->findData(u"cpu"_s) >= 0 && box->findData(u"cuda:0"_s) < 0;
        }));
    }

    void runPageOffersWhatAStoppedRunSaved()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        const QString runs = studio.app().paths().runs();
        for (const QString& run : {u"stopped"_s, u"bare"_s}) {
            tests::writeFile(runs + u'/' + run + u"/run.json"_s, "{\"base\":\"/nowhere/base\"}");
            tests::writeFile(runs + u'/' + run + u"/outcome.json"_s,
                             R"({"event":"finished","reason":"stopped","step":10})");
            tests::writeFile(runs + u'/' + run + u"/metrics.jsonl"_s,
                             "{\"event\":\"step\",\"step\":10,\"loss\":0.5}\n");
        }
        for (const QString& step : {u"5"_s, u"10"_s}) {
            tests::writeFile(runs + u"/stopped/checkpoints/step-"_s + step
                                 + u"/adapter_config.json"_s,
                             R"({"r": 8, "lora_alpha": 16, "target_modules": ["q_proj"]})");
        }
        studio.app().catalog().refreshRun(u"stopped"_s);
        studio.app().catalog().refreshRun(u"bare"_s);
        QTRY_COMPARE(studio.app().adapterList().rowCount(), 4);
        QTRY_COMPARE(studio.app().runList().rowCount(), 4);
        ui::RunPage page(studio.context(), nullptr);
        page.show();
        QTRY_VERIFY(page.isBuilt());
        auto* tryIt = tests::buttonWithText(&page, tr("&Try it"));
        auto* exportIt = tests::buttonWithText(&page, tr("&Export"));
        QVERIFY(tryIt != nullptr && exportIt != nullptr);
        page.open(u"bare"_s);
        QVERIFY(!tryIt->isVisible());
        page.open(u"stopped"_s);
        QCOMPARE(page.run()->state(), app::RunState::Cancelled);
        QVERIFY(tryIt->isVisible() && exportIt->isVisible());
        const QSignalSpy requested(&page, &ui::Page::pageRequested);
        exportIt->click();
        QCOMPARE(requested.count(), 1);
        QCOMPARE(requested.first().at(1).toString(), u"stopped/checkpoints/step-10"_s);
        page.open(u"seen"_s); // without the worker's last word, but with its result
        tryIt->click();
        QCOMPARE(requested.count(), 2);
        QCOMPARE(requested.last().at(1).toString(), u"seen/adapter"_s);
    }

    void runPageMeasuresWhatTheAdapterChanged()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        tests::fillWorkspace(studio);
        ui::RunPage page(studio.context(), nullptr);
        page.show();
        QTRY_VERIFY(page.isBuilt());
        QVERIFY(!page.health().button().isEnabled()); // there is no run
        page.open(u"seen"_s);
        QVERIFY2(page.health().text().startsWith(u"Not measured yet"_s),
                 qPrintable(page.health().text()));
        QVERIFY(page.health().table().isHidden());
        page.health().button().click();
        const QTableView& table = page.health().table();
        QTRY_COMPARE(table.model()->rowCount(), 2);
        QVERIFY(!table.isHidden() && page.health().button().isEnabled());
        const auto cell = [&table](int row, int column) {
            return table.model()->index(row, column).data().toString();
        };
        QCOMPARE(cell(0, 0), u"layers.2 q_proj"_s);
        QCOMPARE(cell(0, 1), u"2.5 %"_s);
        QCOMPARE(cell(0, 2), u"3.5 of 8"_s);
        QCOMPARE(cell(1, 0), u"layers.10 q_proj"_s);
        table.model()->sort(1);
        QCOMPARE(cell(0, 0), u"layers.10 q_proj"_s);
        page.open(u"other"_s); // its numbers are not those of the run before
        QVERIFY(table.isHidden());
    }

    void comparePageListsWhatDiffers()
    {
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::ComparePage page(studio.context(), nullptr);
        page.show();
        page.chooseRuns({u"seen"_s, u"other"_s});
        const QAbstractItemModel* rows = page.settingsTable().model();
        QStringList names;
        for (int row = 0; row < rows->rowCount(); ++row) {
            names.append(rows->index(row, 0).data().toString());
        }
        QVERIFY2(names.size() == 1, qPrintable(names.join(u", "_s)));
        QCOMPARE(rows->index(0, 1).data().toString() == u"8"_s,
                 rows->index(0, 2).data().toString() == u"16"_s);
    }
};

QTEST_MAIN(TestPages)
#include "test_pages.moc"
