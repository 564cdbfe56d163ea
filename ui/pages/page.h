// What every page is: a header with title and actions, a banner for news, a body; and how pages ask
// for one another.
#pragma once

#include <deque>
#include <functional>

#include <QHBoxLayout>
#include <QVBoxLayout>
#include <QWidget>

#include "app/application.h"
#include "ui/services/dialogs.h"
#include "ui/theme/theme.h"
#include "ui/widgets/parts.h"

class QLabel;

namespace ui {

enum class PageId {
    Home,
    Models,
    Datasets,
    NewRun,
    Run,
    Compare,
    Catalog,
    Playground,
    Export,
    Settings,
    Count
};

// What a page may use. Outlives every page.
struct PageContext
{
    app::Application& app;
    Theme& theme;
    Dialogs& dialogs;
};

class Page : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Page)

public:
    Page(const PageContext& context,
         const QString& title,
         const QString& subtitle,
         QWidget* parent);

    // The page is shown; `subject` is what it was asked to show (an id); empty: what it showed
    // last.
    virtual void open(const QString& subject) { Q_UNUSED(subject) }

    [[nodiscard]] const Banner& banner() const { return *m_banner; }

    [[nodiscard]] QString subtitle() const; // the line below the title

    [[nodiscard]] bool isBuilt() const { return m_parts.empty(); } // no part is left for later

Q_SIGNALS:
    void pageRequested(ui::PageId page, const QString& subject);

protected:
    [[nodiscard]] app::Application& application() const { return m_context.app; }

    // What can compute here, texts and values of the setting `device`; "auto" first.
    [[nodiscard]] QList<QPair<QString, QString>> deviceChoices() const;

    [[nodiscard]] Theme& theme() const { return m_context.theme; }

    [[nodiscard]] Dialogs& dialogs() const { return m_context.dialogs; }

    [[nodiscard]] Banner& news() { return *m_banner; }

    [[nodiscard]] QHBoxLayout* actions() const { return m_actions; } // right of the title

    [[nodiscard]] QVBoxLayout* body() const { return m_body; }

    // A new name in place of this one; empty: it stays.
    [[nodiscard]] QString askName(const QString& name);
    // Asks which of the models here an imported adapter's base is.
    void chooseBase(const app::AdapterRecord& adapter);
    // Says that it is not known yet, with a way to chooseBase(), or to the Models page.
    void showMissingBase(const app::AdapterRecord& adapter);
    void setTitle(const QString& title);
    void setSubtitle(const QString& subtitle);
    void showProblem(const app::Problem& problem);
    // Does a part of the page's building in a turn of the event loop of its own, the parts in the
    // order given: together they would hold up the window.
    void later(std::function<void()> part);
    // A scroll area around forms taller than the window.
    [[nodiscard]] static QWidget* makeScrolling(QWidget* content, QWidget* parent);

private:
    void doNextPart();

    PageContext m_context;
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    Banner* m_banner = nullptr;
    QHBoxLayout* m_actions = nullptr;
    QVBoxLayout* m_body = nullptr;
    std::deque<std::function<void()>> m_parts; // still to be done
};

} // namespace ui
