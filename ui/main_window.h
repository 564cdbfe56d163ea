// The window: navigation rail, page stack, status line; what happens when it is closed.
#pragma once

#include <array>

#include <QMainWindow>

#include "ui/pages/page.h"

class QButtonGroup;
class QStackedWidget;
class QToolButton;

namespace ui {

class MainWindow final : public QMainWindow
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(MainWindow)

public:
    explicit MainWindow(const PageContext& context, QWidget* parent = nullptr);

    // Pages are made when first shown.
    Page& showPage(PageId id, const QString& subject = {});

    [[nodiscard]] PageId currentPage() const { return m_current; }

    [[nodiscard]] static QString pageName(PageId id); // for settings and screenshot files

Q_SIGNALS:
    void closed(); // really: the program may end

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void buildRail(QWidget* parent, QLayout* layout);
    [[nodiscard]] QWidget* buildStatusLine();
    void keepState();
    [[nodiscard]] Page& pageOf(PageId id); // made when it is first asked for
    // The large ones, one after the other while nothing happens: not in the click that needs them.
    void makeAhead(QList<PageId> ids);
    void onRunChanged();
    void onProblem(const app::Problem& problem);
    [[nodiscard]] bool mayClose();

    PageContext m_context;
    PageId m_current = PageId::Count;
    std::array<Page*, static_cast<std::size_t>(PageId::Count)> m_pages{};
    std::array<QToolButton*, static_cast<std::size_t>(PageId::Count)> m_buttons{};
    QButtonGroup* m_group = nullptr;
    QStackedWidget* m_stack = nullptr;
    Banner* m_banner = nullptr;
    QLabel* m_runText = nullptr;
    QPushButton* m_runButton = nullptr;
    bool m_isClosing = false;
};

} // namespace ui
