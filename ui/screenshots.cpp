// Pictures of every page in every theme, taken from a real window.
#include "ui/screenshots.h"

#include <array>

#include <QDir>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

struct Look
{
    ThemeKind kind;
    const char* name;
};

constexpr std::array<Look, 3> kLooks = {{{ThemeKind::Light, "light"},
                                         {ThemeKind::Dark, "dark"},
                                         {ThemeKind::HighContrast, "high_contrast"}}};
constexpr int kPages = static_cast<int>(PageId::Count);

} // namespace

Screenshots::Screenshots(
    MainWindow& window, Theme& theme, QString folder, int settleMilliseconds, QObject* parent)
    : QObject(parent)
    , m_window(window)
    , m_theme(theme)
    , m_folder(std::move(folder))
    , m_settle(settleMilliseconds)
{}

void Screenshots::start()
{
    QDir().mkpath(m_folder);
    showNext();
}

void Screenshots::showNext()
{
    if (m_next >= kPages * static_cast<int>(kLooks.size())) {
        Q_EMIT finished(m_taken);
        return;
    }
    if (m_next % kPages == 0) {
        m_theme.apply(kLooks.at(static_cast<std::size_t>(m_next / kPages)).kind);
    }
    m_page = &m_window.showPage(static_cast<PageId>(m_next % kPages));
    QTimer::singleShot(m_settle, this, &Screenshots::take);
}

void Screenshots::take()
{
    if (!m_page->isBuilt()) {
        QTimer::singleShot(m_settle, this, &Screenshots::take);
        return;
    }
    const QString look =
        QString::fromLatin1(kLooks.at(static_cast<std::size_t>(m_next / kPages)).name);
    const QString page = MainWindow::pageName(static_cast<PageId>(m_next % kPages));
    if (m_window.grab().save(QDir(m_folder).filePath(u"%1-%2.png"_s.arg(page, look)))) {
        ++m_taken;
    }
    ++m_next;
    showNext();
}

} // namespace ui
