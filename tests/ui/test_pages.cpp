// Every page in every theme: built empty and full, its primary action, its error state, its keys.
#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>

#include "tests/ui/studio.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/playground_page.h"
#include "ui/pages/run_page.h"
#include "ui/pages/settings_page.h"

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
            QVERIFY(!window.grab().isNull());
            QVERIFY(!shown.accessibleName().isEmpty());
        }
    }

    void buildsFull_data() { addThemes(); }

    void buildsFull()
    {
        QFETCH(int, kind);
        tests::Studio studio(static_cast<ui::ThemeKind>(kind));
        fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        for (const ui::PageId page : everyPage()) {
            const ui::Page& shown = window.showPage(page);
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
        fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.show();
        for (const ui::PageId page : everyPage()) {
            const ui::Page& shown = window.showPage(page);
            for (const QWidget* widget : shown.findChildren<QWidget*>()) {
                if (isControl(widget) && !isInner(widget) && widget->isVisibleTo(&shown)
                    && widget->isEnabled()) {
                    QVERIFY2(widget->focusPolicy() & Qt::TabFocus, qPrintable(spokenName(widget)));
                }
            }
        }
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

    void datasetsPageImports()
    {
        tests::Studio studio;
        studio.forgetSample();
        const QString file = studio.path(u"tiny.jsonl"_s);
        QFile data(file);
        QVERIFY(data.open(QIODevice::WriteOnly));
        data.write("{\"prompt\":\"1+1=\",\"completion\":\"2\"}\n{\"prompt\":\"2+2=\","
                   "\"completion\":\"4\"}\n{\"prompt\":\"\",\"completion\":\"\"}\n");
        data.close();
        ui::DatasetsPage page(studio.context(), nullptr);
        page.show();
        studio.dialogs().setNextPath(file);
        auto* import = buttonWithText(&page, tr("&Import a file..."));
        QVERIFY(import != nullptr);
        import->click();
        QTRY_COMPARE(studio.app().datasetList().rowCount(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(studio.app().datasetList().record(0).rows, qint64{3}, 30'000);
    }

    void newRunKeepsFromStartingWithoutAModel()
    {
        tests::Studio studio;
        studio.forgetSample();
        ui::NewRunPage page(studio.context(), nullptr);
        page.show();
        const auto* start = buttonWithText(&page, tr("&Start training"));
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

    void exportPageRefusesATakenFolder()
    {
        tests::Studio studio;
        fillWorkspace(studio);
        ui::ExportPage page(studio.context(), nullptr);
        page.show();
        page.open(u"seen/adapter"_s);
        auto* start = buttonWithText(&page, tr("&Export and check"));
        QVERIFY(start != nullptr);
        QVERIFY(start->isEnabled());
        for (QLineEdit* edit : page.findChildren<QLineEdit*>()) {
            if (edit->accessibleName() == tr("Export folder")) {
                edit->setText(studio.app().paths().workspace());
            }
        }
        QVERIFY(!start->isEnabled());
    }

    void comparePageListsWhatDiffers()
    {
        tests::Studio studio;
        fillWorkspace(studio);
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

private:
    static QPushButton* buttonWithText(const QWidget* page, const QString& text)
    {
        for (QPushButton* button : page->findChildren<QPushButton*>()) {
            if (button->text() == text) {
                return button;
            }
        }
        return nullptr;
    }

    static void writeFile(const QString& path, const QByteArray& bytes)
    {
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(bytes), bytes.size());
    }

    // Two finished runs that differ in rank, as a worker leaves them.
    static void writeRun(const QString& workspace, const QString& id, int rank)
    {
        const QString folder = workspace + u"/runs/"_s + id;
        writeFile(
            folder + u"/run.json"_s,
            u"{\"name\":\"%1\",\"base_model\":\"/nowhere/base\",\"dataset\":\"/nowhere/data.jsonl\",\"rank\":%2,\"learning_rate\":0.0002}"_s
                .arg(id)
                .arg(rank)
                .toUtf8());
        QByteArray metrics;
        for (int step = 1; step <= 20; ++step) {
            metrics +=
                u"{\"event\":\"step\",\"step\":%1,\"loss\":%2,\"learning_rate\":0.0002,\"grad_norm\":1.5,\"tokens\":100,\"tokens_per_second\":900.0,\"memory\":1000000}\n"_s
                    .arg(step)
                    .arg(3.0 / step)
                    .toUtf8();
        }
        metrics += "{\"event\":\"finished\",\"reason\":\"done\",\"step\":20,\"loss\":0.15,"
                   "\"seconds\":2.0}\n";
        writeFile(folder + u"/metrics.jsonl"_s, metrics);
        writeFile(
            folder + u"/adapter/adapter_config.json"_s,
            u"{\"peft_type\":\"LORA\",\"r\":%1,\"lora_alpha\":32,\"target_modules\":[\"q_proj\"],\"base_model_name_or_path\":\"/nowhere/base\"}"_s
                .arg(rank)
                .toUtf8());
        writeFile(folder + u"/adapter/adapter_model.safetensors"_s,
                  QByteArray("\x02\0\0\0\0\0\0\0{}", 10));
    }

    static void fillWorkspace(tests::Studio& studio)
    {
        const QString workspace = studio.app().paths().workspace();
        writeRun(workspace, u"seen"_s, 8);
        writeRun(workspace, u"other"_s, 16);
        QSignalSpy rebuilt(&studio.app().catalog(), &app::Catalog::rebuilt);
        studio.app().catalog().rebuild();
        QTRY_VERIFY(rebuilt.count() >= 1); // the catalog may have found the folders by itself first
        QTRY_COMPARE(studio.app().runList().rowCount(), 2);
        QTRY_COMPARE(studio.app().adapterList().rowCount(), 2);
    }
};

QTEST_MAIN(TestPages)
#include "test_pages.moc"
