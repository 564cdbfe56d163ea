// Models: a folder that cannot be used is not told as a success, nor opened as another model.
#include <QSignalSpy>
#include <QTableView>

#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/pages/models_page.h"
#include "ui/widgets/record_table.h"

using namespace Qt::StringLiterals;

class TestModelsPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_studio = std::make_unique<tests::Studio>();
        QVERIFY(m_studio->isOpen());
        QTRY_VERIFY(!m_studio->app().catalog().models().isEmpty()); // the sample
        m_page = std::make_unique<ui::ModelsPage>(m_studio->context(), nullptr);
        m_page->show();
    }

    void cleanup()
    {
        m_page.reset();
        m_studio.reset();
    }

    void aBrokenModelIsNoSuccess()
    {
        copySample(u"cut"_s);
        QFile weights(m_studio->path(u"cut/model.safetensors"_s));
        QVERIFY(weights.resize(weights.size() / 2));
        m_page->addFolder(m_studio->path(u"cut"_s));
        QTRY_COMPARE(banner(), u"warning"_s);
        QVERIFY2(m_page->banner().text().startsWith(u"\u201ccut\u201d was added, but cannot"_s),
                 qPrintable(m_page->banner().text()));
        QTRY_COMPARE(shown(app::ModelListModel::Name), u"cut"_s);
        QCOMPARE(shown(app::ModelListModel::State), u"\u2715 cannot be used"_s);
        QCOMPARE(shown(app::ModelListModel::Parameters), u"-"_s);
    }

    void aBrokenModelIsNotTrainedOn()
    {
        copySample(u"cut"_s);
        QVERIFY(QFile::remove(m_studio->path(u"cut/tokenizer.json"_s)));
        m_page->addFolder(m_studio->path(u"cut"_s));
        QTRY_COMPARE(shown(app::ModelListModel::Name), u"cut"_s);
        const QSignalSpy requested(m_page.get(), &ui::Page::pageRequested);
        Q_EMIT table()->activated(table()->currentId());
        QCOMPARE(requested.count(), 0);
        QVERIFY(m_page->banner().text().startsWith(u"\u201ccut\u201d cannot be used"_s));
    }

    void theModelAddedIsTheOneShown()
    {
        copySample(u"whole"_s);
        m_page->addFolder(m_studio->path(u"whole"_s));
        QTRY_COMPARE(banner(), u"success"_s);
        QTRY_COMPARE(shown(app::ModelListModel::Name), u"whole"_s);
        QCOMPARE(shown(app::ModelListModel::State), u"ready"_s);
        const QSignalSpy requested(m_page.get(), &ui::Page::pageRequested);
        Q_EMIT table()->activated(table()->currentId());
        QCOMPARE(requested.count(), 1);
    }

    void ofSeveralItIsToldHowManyCannotBeUsed()
    {
        copySample(u"more/a"_s);
        copySample(u"more/b"_s);
        QVERIFY(QFile::remove(m_studio->path(u"more/b/tokenizer.json"_s)));
        m_page->addFolder(m_studio->path(u"more"_s));
        QTRY_COMPARE(banner(), u"warning"_s);
        QVERIFY(m_page->banner().text().contains(u"Models added: 2. Of these, 1 cannot"_s));
    }

private:
    void copySample(const QString& name) const
    {
        const QDir from(QStringLiteral(LOWRANK_SAMPLE) + u"/model"_s);
        const QString to = m_studio->path(name);
        QVERIFY(QDir().mkpath(to));
        for (const QString& file : from.entryList(QDir::Files)) {
            QVERIFY(QFile::copy(from.filePath(file), to + u'/' + file));
            QFile(to + u'/' + file).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        }
    }

    [[nodiscard]] QString banner() const { return m_page->banner().property("banner").toString(); }

    [[nodiscard]] ui::RecordTable* table() const { return m_page->findChild<ui::RecordTable*>(); }

    // A cell of the row that is selected.
    [[nodiscard]] QString shown(int column) const
    {
        const QModelIndexList rows = table()->view()->selectionModel()->selectedRows(column);
        return rows.isEmpty() ? QString() : rows.constFirst().data().toString();
    }

    std::unique_ptr<tests::Studio> m_studio;
    std::unique_ptr<ui::ModelsPage> m_page;
};

QTEST_MAIN(TestModelsPage)
#include "test_models_page.moc"
