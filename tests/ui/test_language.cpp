// The texts in other languages: that every text has one, that they fit, and how one is chosen.
#include <QComboBox>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTranslator>
#include <QXmlStreamReader>

#include "app/human_text.h"
#include "tests/ui/filled_workspace.h"
#include "tests/ui/studio.h"
#include "ui/language.h"
#include "ui/main_window.h"
#include "ui/pages/settings_page.h"

using namespace Qt::StringLiterals;

namespace {

struct Message
{
    QString source;
    QString translation;
    QString type; // empty: finished
};

QList<Message> messagesOf(const QString& path)
{
    QFile file(path);
    QList<Message> messages;
    if (!file.open(QIODevice::ReadOnly)) {
        return messages;
    }
    QXmlStreamReader xml(&file);
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) {
            continue;
        }
        if (xml.name() == "source"_L1) {
            messages.append({xml.readElementText(), {}, {}});
        } else if (xml.name() == "translation"_L1) {
            messages.last().type = xml.attributes().value("type"_L1).toString();
            messages.last().translation =
                xml.readElementText(QXmlStreamReader::IncludeChildElements);
        }
    }
    return messages;
}

QStringList found(const QString& pattern, const QString& text)
{
    QStringList all;
    for (const auto& match : QRegularExpression(pattern).globalMatch(text)) {
        all.append(match.captured().toLower());
    }
    all.sort();
    return all;
}

constexpr auto kWithoutTexts = "without translations: Qt's LinguistTools are not installed";

bool hasKoreanTexts()
{
    return ui::languages().size() > 1;
}

bool hasKorean(const QString& text)
{
    static const QRegularExpression kHangul(u"\\p{Hangul}"_s);
    return text.contains(kHangul);
}

} // namespace

class TestLanguage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void cleanup()
    {
        qDeleteAll(qApp->findChildren<QTranslator*>()); // which takes them out of use
        QLocale::setDefault(QLocale::system());
    }

    void everyTextOfTheSourcesIsTranslated()
    {
        const QString lupdate = QStringLiteral(LOWRANK_LUPDATE);
        if (lupdate.isEmpty() || !QFile::exists(lupdate)) {
            QSKIP("without lupdate: Qt's LinguistTools are not installed");
        }
        QTemporaryDir folder;
        const QString copy = folder.filePath(u"texts.ts"_s);
        QVERIFY(QFile::copy(QStringLiteral(LOWRANK_TRANSLATION), copy));
        QProcess process;
        process.setWorkingDirectory(QStringLiteral(LOWRANK_SOURCES));
        process.start(
            lupdate,
            {u"-I"_s, u"."_s, u"app"_s, u"ui"_s, u"-locations"_s, u"none"_s, u"-ts"_s, copy});
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 0);
        // It looks such a text up with another context than the program does.
        const QString said = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(!said.contains("lacks Q_OBJECT"_L1) && !said.contains("Qualifying with"_L1),
                 qPrintable(said));
        const QList<Message> messages = messagesOf(copy);
        QVERIFY(messages.size() > 500);
        QStringList open;
        for (const Message& each : messages) {
            if (!each.type.isEmpty() || each.translation.isEmpty()) {
                open.append(each.type + u": "_s + each.source);
            }
        }
        QVERIFY2(open.isEmpty(),
                 qPrintable(u"build the target update_translations, then translate:\n"_s
                            + open.join(u'\n')));
    }

    void placesAndShortcutsOfATextAreThoseOfItsSource()
    {
        const QList<Message> messages = messagesOf(QStringLiteral(LOWRANK_TRANSLATION));
        QVERIFY(messages.size() > 500);
        for (const Message& each : messages) {
            for (const QString& pattern : {u"%(L?[1-9]|n)"_s, u"&\\w"_s, u"\n"_s, u"^ | $"_s}) {
                QVERIFY2(found(pattern, each.source) == found(pattern, each.translation),
                         qPrintable(each.source + u" -> "_s + each.translation));
            }
        }
    }

    void theLanguageIsTheOneChosenOrTheDesktopsFirst()
    {
        if (!hasKoreanTexts()) {
            QSKIP(kWithoutTexts);
        }
        QCOMPARE(ui::languageOf(u"ko"_s, {u"en-US"_s}), u"ko"_s);
        QCOMPARE(ui::languageOf(u"en"_s, {u"ko-KR"_s}), u"en"_s);
        QCOMPARE(ui::languageOf(u"system"_s, {u"ko-KR"_s, u"en-US"_s}), u"ko"_s);
        QCOMPARE(ui::languageOf(u"system"_s, {u"de-DE"_s, u"ko-KR"_s}), u"ko"_s);
        QCOMPARE(ui::languageOf(u"system"_s, {u"en-GB"_s, u"ko-KR"_s}), u"en"_s);
        QCOMPARE(ui::languageOf(u"system"_s, {u"de-DE"_s}), u"en"_s);
    }

    void everyPageIsInKoreanAndFits()
    {
        if (!hasKoreanTexts()) {
            QSKIP(kWithoutTexts);
        }
        ui::installLanguage(u"ko"_s);
        tests::Studio studio;
        tests::fillWorkspace(studio);
        ui::MainWindow window(studio.context());
        window.resize(window.minimumSize());
        window.show();
        QSet<QString> titles;
        for (int i = 0; i < static_cast<int>(ui::PageId::Count); ++i) {
            const auto id = static_cast<ui::PageId>(i);
            const ui::Page& page = window.showPage(id);
            QTRY_VERIFY(page.isBuilt());
            QVERIFY2(hasKorean(page.accessibleName()), qPrintable(page.accessibleName()));
            QVERIFY2(hasKorean(page.subtitle()) || id == ui::PageId::Run,
                     qPrintable(page.accessibleName()));
            titles.insert(page.accessibleName());
            QVERIFY2(page.minimumSizeHint().width() <= page.width(),
                     qPrintable(page.accessibleName()));
        }
        QCOMPARE(titles.size(), static_cast<qsizetype>(ui::PageId::Count));
        QCOMPARE(studio.app().runList().headerData(app::RunListModel::Loss, Qt::Horizontal),
                 QVariant(u"학습 손실"_s));
        QCOMPARE(app::displayName(app::RunState::Training), u"학습 중"_s);
        QCOMPARE(app::humanSeconds(200.0), u"3분 20초"_s);
    }

    void theChoiceIsKept()
    {
        if (!hasKoreanTexts()) {
            QSKIP(kWithoutTexts);
        }
        tests::Studio studio;
        ui::SettingsPage page(studio.context(), nullptr);
        QComboBox* choice = nullptr;
        for (QComboBox* box : page.findChildren<QComboBox*>()) {
            choice = box->findData(u"ko"_s) >= 0 ? box : choice;
        }
        QVERIFY(choice != nullptr);
        QCOMPARE(choice->currentData().toString(), u"system"_s);
        choice->setFocus();
        QTest::keyClick(choice, Qt::Key_End);
        QCOMPARE(choice->currentText(), u"한국어"_s);
        QTRY_COMPARE(app::Settings(studio.path(u"studio.ini"_s)).text(app::Setting::Language),
                     u"ko"_s);
    }
};

QTEST_MAIN(TestLanguage)
#include "test_language.moc"
