// The catalog's page as a hand uses it: tags and notes, delete and undo, verify, import, rebuild.
#include <algorithm>

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableView>

#include "app/files.h"
#include "app/jobs/model_import.h"
#include "tests/app/tiny_adapter.h"
#include "tests/ui/filled_workspace.h"
#include "ui/pages/catalog_page.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

class TestCatalogPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_studio = std::make_unique<tests::Studio>();
        QVERIFY(m_studio->isOpen());
        tests::fillWorkspace(*m_studio);
        m_page = std::make_unique<ui::CatalogPage>(m_studio->context(), nullptr);
        m_page->show();
        m_page->open(u"seen/adapter"_s);
        QCOMPARE(m_page->table().currentId(), u"seen/adapter"_s);
    }

    void cleanup()
    {
        m_page.reset();
        m_studio.reset();
    }

    void tagsAndNotesStayWithTheAdapter()
    {
        type(u" keep , , 2026"_s, u"the one for the demo\nsecond line"_s);
        m_page->table().selectId(u"other/adapter"_s); // nothing else says that it is done
        m_page->table().selectId(u"seen/adapter"_s);
        QTRY_COMPARE(adapter().tags, (QStringList{u"keep"_s, u"2026"_s}));
        QTRY_COMPARE(adapter().notes, u"the one for the demo\nsecond line"_s);
        // The folder holds them: an index built anew has them too.
        QSignalSpy rebuilt(&catalog(), &app::Catalog::rebuilt);
        press(u"&Rebuild"_s);
        QTRY_COMPARE(rebuilt.count(), 1);
        QCOMPARE(adapter().tags, (QStringList{u"keep"_s, u"2026"_s}));
        QCOMPARE(adapter().notes, u"the one for the demo\nsecond line"_s);
        // Each adapter shows its own.
        m_page->table().selectId(u"other/adapter"_s);
        QCOMPARE(edit<QLineEdit>(u"Tags"_s)->text(), QString());
        m_page->table().selectId(u"seen/adapter"_s);
        QCOMPARE(edit<QLineEdit>(u"Tags"_s)->text(), u"keep, 2026"_s);
    }

    void tagsAndNotesAreKeptWhenThePageGoes()
    {
        type(u"late"_s, u"typed last"_s);
        m_page->hide(); // another page, or the window closes
        QTRY_COMPARE(adapter().tags, QStringList{u"late"_s});
        QTRY_COMPARE(adapter().notes, u"typed last"_s);
    }

    void theSearchFindsTags()
    {
        catalog().setAdapterTags(u"seen/adapter"_s, {u"shipped"_s});
        QTRY_COMPARE(adapter().tags, QStringList{u"shipped"_s});
        const QAbstractItemModel* rows = m_page->table().view()->model();
        QTRY_COMPARE(rows->rowCount(), 2);
        m_page->table().search()->setText(u"ship"_s);
        QTRY_COMPARE(rows->rowCount(), 1);
        m_page->table().search()->clear();
        QTRY_COMPARE(rows->rowCount(), 2);
    }

    void aDeleteAsksFirst()
    {
        m_studio->dialogs().setNextAnswer(1); // cancel
        press(u"&Delete"_s);
        catalog().flush();
        QCOMPARE(catalog().adapters().size(), 2);
        QVERIFY(QFile::exists(file()));
        QVERIFY(!button(u"&Undo delete"_s)->isVisible());
        // The question says that more than the adapter goes.
        QVERIFY(m_studio->dialogs().shown().last().contains("whole run"_L1));
    }

    void aDeleteIsUndone()
    {
        const QByteArray before = contents();
        m_studio->dialogs().setNextAnswer(0);
        // The keyboard's way.
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        m_page->table().view()->setFocus();
        QTest::keyClick(m_page->table().view(), Qt::Key_Delete);
        QTRY_COMPARE(catalog().adapters().size(), 1);
        QTRY_VERIFY(!QFile::exists(file()));
        QTRY_VERIFY(button(u"&Undo delete"_s)->isVisible());
        QCOMPARE(m_page->banner().text(), u"seen is in the trash."_s);
        m_page->banner().action()->click();
        QTRY_COMPARE(catalog().adapters().size(), 2);
        QTRY_COMPARE(m_studio->app().runList().rowCount(), 2);
        QCOMPARE(contents(), before);
        QTRY_VERIFY(!button(u"&Undo delete"_s)->isVisible());
    }

    void theTrashIsEmptiedOnlyWhenAsked()
    {
        QVERIFY(!button(u"E&mpty the trash..."_s)->isVisible());
        m_studio->dialogs().setNextAnswer(0);
        press(u"&Delete"_s);
        QTRY_VERIFY(button(u"E&mpty the trash..."_s)->isVisible());
        QVERIFY(button(u"&Undo delete"_s)->toolTip().contains("runs/seen"_L1));
        press(u"E&mpty the trash..."_s); // cancelled: nothing is scripted
        QVERIFY(m_studio->dialogs().shown().last().contains("runs/seen"_L1));
        QVERIFY(button(u"&Undo delete"_s)->isVisible());
        m_studio->dialogs().setNextAnswer(0);
        press(u"E&mpty the trash..."_s);
        QTRY_VERIFY(!button(u"&Undo delete"_s)->isVisible());
        QTRY_VERIFY(QDir(m_studio->app().paths().trash()).isEmpty());
    }

    void theDetailsAreReadAgainToo()
    {
        QVERIFY(shows(u"8, alpha 32"_s));
        tests::writeFile(QFileInfo(file()).path() + u"/adapter_config.json"_s,
                         R"({"r": 12, "lora_alpha": 24, "target_modules": ["q_proj"]})");
        press(u"&Rebuild"_s);
        QTRY_VERIFY(shows(u"12, alpha 24"_s));
        QCOMPARE(m_page->table().currentId(), u"seen/adapter"_s);
    }

    // Its files are plain LoRA of twice the rank.
    void aLoraGaAdapterHasTheRankOfItsRun()
    {
        const QString run = m_studio->app().paths().runs() + u"/seen"_s;
        tests::writeFile(run + u"/run.json"_s,
                         R"({"name": "seen", "rank": 16, "alpha": 32, "init": "lora-ga"})");
        tests::writeFile(run + u"/adapter/adapter_config.json"_s,
                         R"({"r": 32, "lora_alpha": 45.2548, "target_modules": ["q_proj"]})");
        press(u"&Rebuild"_s);
        QTRY_VERIFY(shows(u"16, alpha 32; stored as rank 32 for PEFT"_s));
        QCOMPARE(adapter().rank, 16);
    }

    void verifySaysUnchanged()
    {
        QTRY_COMPARE(adapter().hash.size(), 64);
        press(u"&Verify"_s);
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"success"_s);
        QVERIFY(m_page->banner().text().contains("unchanged"_L1));
    }

    void verifyNoticesAChangedFile()
    {
        QTRY_COMPARE(adapter().hash.size(), 64);
        const QString wanted = adapter().hash;
        tests::writeFile(file(), QByteArray("\x02\0\0\0\0\0\0\0{ ", 10));
        press(u"&Verify"_s);
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"danger"_s);
        // What was wanted and what was found.
        QVERIFY2(m_page->banner().text().contains(wanted), qPrintable(m_page->banner().text()));
        QVERIFY(m_page->banner().text().contains(app::hashFile(file()).take()));
    }

    void anImportAppears()
    {
        const QString folder = m_studio->path(u"from a friend"_s);
        app_test::writeTinyAdapter(folder, QStringLiteral(LOWRANK_SAMPLE) + u"/model"_s);
        m_studio->dialogs().setNextPath(folder);
        press(u"&Import an adapter..."_s);
        QTRY_COMPARE(catalog().adapters().size(), 3);
        QTRY_COMPARE(m_page->table().currentId(), u"imported/from a friend"_s);
        QVERIFY(m_page->banner().text().startsWith("from a friend is imported."_L1));
        press(u"&Verify"_s); // it was hashed
        QTRY_VERIFY(m_page->banner().text().contains("unchanged"_L1));
    }

    void anAdapterIsRenamed()
    {
        m_studio->dialogs().setNextText(u"for the demo"_s);
        press(u"Re&name..."_s); // a run's result goes by the run's name
        QTRY_COMPARE(catalog().run(u"seen"_s)->name, u"for the demo"_s);
        QTRY_COMPARE(adapter().name, u"for the demo"_s);
        const QString folder = m_studio->path(u"friend"_s);
        app_test::writeTinyAdapter(folder, u"/nowhere/base"_s);
        m_studio->dialogs().setNextPath(folder);
        press(u"&Import an adapter..."_s);
        QTRY_COMPARE(m_page->table().currentId(), u"imported/friend"_s);
        m_studio->dialogs().setNextText(u"of a friend"_s);
        press(u"Re&name..."_s);
        QTRY_COMPARE(catalog().adapter(u"imported/friend"_s)->name, u"of a friend"_s);
        QVERIFY(QFile::exists(m_studio->app().paths().adapters() + u"/friend"_s));
        press(u"&Rebuild"_s); // the folder holds it
        QTRY_VERIFY(m_page->banner().text().startsWith("Rebuilt"_L1));
        QCOMPARE(catalog().adapter(u"imported/friend"_s)->name, u"of a friend"_s);
    }

    // One that was trained on a model of the hub.
    void theBaseOfAnImportIsChosenOnce()
    {
        const QString folder = m_studio->path(u"hub"_s);
        app_test::writeTinyAdapter(folder, u"org/Tiny"_s);
        app_test::writeTinyModel(m_studio->path(u"tiny"_s));
        app::ModelRecord tiny = app::describeModel(m_studio->path(u"tiny"_s));
        app::ModelRecord wide = tiny;
        wide.id = u"wide"_s;
        wide.name = u"a wide one"_s; // the first of the list
        wide.path = u"/nowhere/wide"_s;
        wide.shape.hiddenSize *= 2;
        catalog().saveModel(tiny);
        catalog().saveModel(wide);
        m_studio->dialogs().setNextPath(folder);
        press(u"&Import an adapter..."_s);
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"warning"_s);
        QVERIFY(m_page->banner().text().contains("org/Tiny"_L1));
        QVERIFY(catalog().needsBase(*catalog().adapter(u"imported/hub"_s)));
        m_studio->dialogs().setNextNumber(rowOf(wide.id));
        m_page->banner().action()->click();
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"danger"_s);
        QVERIFY2(m_page->banner().text().contains("a wide one has 64"_L1),
                 qPrintable(m_page->banner().text()));
        QCOMPARE(catalog().adapter(u"imported/hub"_s)->baseModel, u"org/Tiny"_s);
        m_studio->dialogs().setNextNumber(rowOf(tiny.id));
        press(u"Choose its &base..."_s);
        QTRY_COMPARE(catalog().adapter(u"imported/hub"_s)->baseModel, tiny.path);
        QVERIFY(!catalog().needsBase(*catalog().adapter(u"imported/hub"_s)));
        press(u"&Rebuild"_s); // the folder holds the choice
        QTRY_VERIFY(m_page->banner().text().startsWith("Rebuilt"_L1));
        QCOMPARE(catalog().adapter(u"imported/hub"_s)->baseModel, tiny.path);
    }

    void anImportOfSomethingElseIsRefused()
    {
        const QString folder = m_studio->path(u"holiday pictures"_s);
        QVERIFY(QDir().mkpath(folder));
        m_studio->dialogs().setNextPath(folder);
        press(u"&Import an adapter..."_s);
        QTRY_COMPARE(m_page->banner().property("banner").toString(), u"danger"_s);
        QVERIFY(m_page->banner().text().contains("adapter_config.json"_L1));
        QCOMPARE(catalog().adapters().size(), 2);
    }

private:
    // Of a model among those that can be used, as they are offered.
    [[nodiscard]] int rowOf(const QString& model) const
    {
        QStringList ids;
        for (const app::ModelRecord& each : catalog().models()) {
            if (each.refusal.isEmpty()) {
                ids.append(each.id);
            }
        }
        return static_cast<int>(ids.indexOf(model));
    }

    [[nodiscard]] app::Catalog& catalog() const { return m_studio->app().catalog(); }

    [[nodiscard]] app::AdapterRecord adapter() const
    {
        return catalog().adapter(u"seen/adapter"_s).value_or(app::AdapterRecord());
    }

    [[nodiscard]] QString file() const
    {
        return m_studio->app().paths().runs() + u"/seen/adapter/adapter_model.safetensors"_s;
    }

    [[nodiscard]] QByteArray contents() const
    {
        QFile weights(file());
        return weights.open(QIODevice::ReadOnly) ? weights.readAll() : QByteArray();
    }

    [[nodiscard]] bool shows(const QString& text) const
    {
        const auto labels = m_page->findChildren<QLabel*>();
        return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
            return label->text() == text;
        });
    }

    template <typename Editor>
    [[nodiscard]] Editor* edit(const QString& name) const
    {
        for (Editor* each : m_page->findChildren<Editor*>()) {
            if (each->accessibleName() == name) {
                return each;
            }
        }
        return nullptr;
    }

    [[nodiscard]] QPushButton* button(const QString& text) const
    {
        return tests::buttonWithText(m_page.get(), text);
    }

    // As by hand: only that counts as a change.
    void type(const QString& tags, const QString& notes) const
    {
        edit<QLineEdit>(u"Tags"_s)->insert(tags);
        edit<QLineEdit>(u"Tags"_s)->setModified(true);
        edit<QPlainTextEdit>(u"Notes"_s)->insertPlainText(notes);
    }

    void press(const QString& text) const
    {
        QPushButton* pressed = button(text);
        QVERIFY2(pressed != nullptr && pressed->isEnabled(), qPrintable(text));
        QTest::mouseClick(pressed, Qt::LeftButton);
    }

    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::CatalogPage> m_page;
};

QTEST_MAIN(TestCatalogPage)
#include "test_catalog_page.moc"
