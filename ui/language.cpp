// Translators of the texts compiled in, and of Qt's own where they are installed.
#include "ui/language.h"

#include <QCoreApplication>
#include <QFile>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

const QString kEnglish = u"en"_s; // the language of the sources

QString fileOf(const QString& code)
{
    return u":/translations/lowrank-studio_%1.qm"_s.arg(code);
}

bool install(const QString& file)
{
    auto* translator = new QTranslator(QCoreApplication::instance());
    return translator->load(file) && QCoreApplication::installTranslator(translator);
}

} // namespace

QList<QPair<QString, QString>> languages()
{
    QList<QPair<QString, QString>> all{{kEnglish, u"English"_s}, {u"ko"_s, u"한국어"_s}};
    all.removeIf([](const QPair<QString, QString>& each) {
        return each.first != kEnglish && !QFile::exists(fileOf(each.first));
    });
    return all;
}

QString languageOf(const QString& setting, const QStringList& desktop)
{
    for (const QString& wanted : setting == u"system"_s ? desktop : QStringList{setting}) {
        for (const auto& [code, name] : languages()) {
            if (QLocale(wanted).language() == QLocale(code).language()) {
                return code;
            }
        }
    }
    return kEnglish;
}

void installLanguage(const QString& setting)
{
    const QString code = languageOf(setting, QLocale::system().uiLanguages());
    if (code == kEnglish || !install(fileOf(code))) {
        return;
    }
    install(QLibraryInfo::path(QLibraryInfo::TranslationsPath) + u"/qtbase_%1.qm"_s.arg(code));
    if (QLocale().language() != QLocale(code).language()) {
        QLocale::setDefault(QLocale(code));
    }
}

} // namespace ui
