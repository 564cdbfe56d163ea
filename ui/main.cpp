// lowrank-studio: arguments, Application, MainWindow, event loop.
#include <cstdio>

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QIcon>
#include <QTimer>

#include "ui/language.h"
#include "ui/main_window.h"
#include "ui/pages/settings_page.h"
#include "ui/screenshots.h"

using namespace Qt::StringLiterals;

namespace {

constexpr int kBadInput = 2;
constexpr int kSettleMilliseconds = 1200;

struct Arguments
{
    app::ApplicationOptions options;
    QString theme;
    QString page;
    QString screenshots;
    bool measureStart = false;
};

Arguments readArguments(const QApplication& program)
{
    QCommandLineParser parser;
    // Not translated: like that of lowrank, for a terminal and its scripts.
    parser.setApplicationDescription(u"Fine-tune language models with low-rank adapters."_s);
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption workspace(
        u"workspace"_s, u"Folder of runs, adapters and the catalog."_s, u"folder"_s);
    const QCommandLineOption config(u"config"_s, u"Settings file."_s, u"file"_s);
    const QCommandLineOption worker(u"worker"_s, u"The engine's program `lowrank`."_s, u"file"_s);
    const QCommandLineOption theme(
        u"theme"_s, u"light, dark, high_contrast or system."_s, u"name"_s);
    const QCommandLineOption page(u"page"_s, u"Page to open first."_s, u"name"_s);
    const QCommandLineOption screenshots(
        u"screenshots"_s,
        u"Save a picture of every page in every theme, then exit."_s,
        u"folder"_s);
    const QCommandLineOption measure(
        u"measure-start"_s, u"Print the milliseconds until the window is painted, then exit."_s);
    parser.addOptions({workspace, config, worker, theme, page, screenshots, measure});
    parser.process(program);
    Arguments arguments;
    arguments.options.workspace = parser.value(workspace);
    arguments.options.configFile = parser.value(config);
    arguments.options.workerProgram = parser.value(worker);
    arguments.theme = parser.value(theme);
    arguments.page = parser.value(page);
    arguments.screenshots = parser.value(screenshots);
    arguments.measureStart = parser.isSet(measure);
    return arguments;
}

// The application reads its settings itself, but its lists have headings, which are texts.
void installChosenLanguage(const QString& configFile)
{
    const app::Settings settings(configFile.isEmpty() ? app::Paths::configFile() : configFile);
    ui::installLanguage(settings.text(app::Setting::Language));
}

ui::PageId pageNamed(const QString& name)
{
    for (int i = 0; i < static_cast<int>(ui::PageId::Count); ++i) {
        if (ui::MainWindow::pageName(static_cast<ui::PageId>(i)) == name) {
            return static_cast<ui::PageId>(i);
        }
    }
    return ui::PageId::Home;
}

} // namespace

int main(int argc, char** argv)
{
    QElapsedTimer sinceStart;
    sinceStart.start();
    QApplication program(argc, argv);
    QCoreApplication::setApplicationName(u"LowRank Studio"_s);
    QCoreApplication::setApplicationVersion(QString::fromLatin1(LOWRANK_VERSION));
    QGuiApplication::setDesktopFileName(u"lowrank-studio"_s);
    QGuiApplication::setWindowIcon(QIcon(u":/icons/lowrank-studio.svg"_s));
    const Arguments arguments = readArguments(program);
    installChosenLanguage(arguments.options.configFile);

    app::Application application(arguments.options);
    const app::Outcome<app::Done> opened = application.open();
    ui::Theme theme;
    theme.apply(ui::themeKindOf(arguments.theme.isEmpty()
                                    ? application.settings().text(app::Setting::Theme)
                                    : arguments.theme));
    ui::Dialogs dialogs;
    if (!opened) {
        dialogs.message(nullptr,
                        ui::Dialogs::Tone::Error,
                        QCoreApplication::translate("main", "The workspace cannot be opened"),
                        opened.problem().text());
        return kBadInput;
    }
    ui::MainWindow window({application, theme, dialogs});
    QObject::connect(&window, &ui::MainWindow::closed, &program, &QApplication::quit);
    window.showPage(pageNamed(arguments.page));
    window.show();
    if (arguments.measureStart) {
        // The timer fires when the first paint's events have been handled.
        QTimer::singleShot(0, &program, [&sinceStart, &program] {
            std::printf("window painted after %lld ms\n",
                        static_cast<long long>(sinceStart.elapsed()));
            program.quit();
        });
        window.repaint();
    }
    application.findDevices();
    if (!arguments.screenshots.isEmpty()) {
        auto* pictures = new ui::Screenshots(
            window, theme, arguments.screenshots, kSettleMilliseconds, &program);
        QObject::connect(pictures, &ui::Screenshots::finished, &program, [&program](int count) {
            std::printf("%d pictures\n", count);
            program.quit();
        });
        pictures->start();
    }
    return QApplication::exec();
}
