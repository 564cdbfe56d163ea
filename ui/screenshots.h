// Pictures of every page in every theme, taken from a real window.
#pragma once

#include <QList>
#include <QObject>
#include <QString>

#include "ui/main_window.h"

namespace ui {

class Screenshots final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Screenshots)

public:
    // Each page is given `settleMilliseconds` to load what it shows, and as often again as it takes
    // until it is built.
    Screenshots(
        MainWindow& window, Theme& theme, QString folder, int settleMilliseconds, QObject* parent);
    void start();

Q_SIGNALS:
    void finished(int pictures);

private:
    void showNext();
    void take();

    MainWindow& m_window;
    Theme& m_theme;
    QString m_folder;
    int m_settle;
    const Page* m_page = nullptr; // shown now
    int m_next = 0;
    int m_taken = 0;
};

} // namespace ui
