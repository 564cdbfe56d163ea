// What every page is: a header with title and actions, a banner for news, a body; and how pages ask
// for one another.
#include "ui/pages/page.h"

#include <utility>

#include <QLabel>
#include <QScrollArea>
#include <QTimer>

#include "ui/widgets/elided_label.h"

using namespace Qt::StringLiterals;

namespace ui {

Page::Page(const PageContext& context,
           const QString& title,
           const QString& subtitle,
           QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    setObjectName(u"page"_s);
    setAccessibleName(title);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::kHuge, space::kLarge, space::kHuge, space::kLarge);
    layout->setSpacing(space::kMedium);
    auto* header = new QHBoxLayout;
    header->setSpacing(space::kMedium);
    auto* names = new QVBoxLayout;
    names->setSpacing(0);
    m_title = new ElidedLabel(title, u"title"_s, this);
    m_subtitle = new ElidedLabel(subtitle, u"muted"_s, this);
    names->addWidget(m_title);
    names->addWidget(m_subtitle);
    header->addLayout(names, 1);
    m_actions = new QHBoxLayout;
    m_actions->setSpacing(space::kSmall);
    header->addLayout(m_actions);
    layout->addLayout(header);
    m_banner = new Banner(this);
    layout->addWidget(m_banner);
    m_body = new QVBoxLayout;
    m_body->setSpacing(space::kMedium);
    layout->addLayout(m_body, 1);
}

void Page::setTitle(const QString& title)
{
    m_title->setText(title);
}

void Page::setSubtitle(const QString& subtitle)
{
    m_subtitle->setText(subtitle);
}

QString Page::subtitle() const
{
    return m_subtitle->text();
}

QList<QPair<QString, QString>> Page::deviceChoices() const
{
    QList<QPair<QString, QString>> choices = {{tr("automatic: GPU or processor"), u"auto"_s}};
    for (const app::DeviceInfo& device : application().devices()) {
        if (device.usable) {
            choices.append(
                {device.name.isEmpty() ? device.id : u"%1 (%2)"_s.arg(device.id, device.name),
                 device.id});
        }
    }
    return choices;
}

QString Page::askName(const QString& name)
{
    const QString entered =
        dialogs()
            .askText(this, tr("Rename"), tr("New name; the folder keeps its own:"), name)
            .value_or(name)
            .trimmed();
    return entered == name ? QString() : entered;
}

void Page::chooseBase(const app::AdapterRecord& adapter)
{
    QList<app::ModelRecord> usable;
    QStringList rows;
    for (const app::ModelRecord& model : application().catalog().models()) {
        if (model.refusal.isEmpty()) {
            usable.append(model);
            rows.append(u"%1 (%2)"_s.arg(model.name, model.path));
        }
    }
    const std::optional<int> chosen =
        dialogs().askChoice(this,
                            tr("Base model of %1").arg(adapter.name),
                            tr("It was trained on \u201c%1\u201d. Which model here is it?\n"
                               "One that is not in the list is added on the Models page.")
                                .arg(adapter.baseModel),
                            rows);
    if (chosen) {
        m_banner->clear();
        application().catalog().setAdapterBase(adapter.id, usable.at(*chosen));
    }
}

void Page::showMissingBase(const app::AdapterRecord& adapter)
{
    if (adapter.kind == app::AdapterRecord::Kind::Imported) {
        m_banner->showText(u"warning"_s,
                           tr("%1 names \u201c%2\u201d as its base, which is not known here.")
                               .arg(adapter.name, adapter.baseModel),
                           tr("Choose its base..."),
                           [this, adapter] { chooseBase(adapter); });
        return;
    }
    m_banner->showText(u"warning"_s,
                       tr("The base model of this adapter is not in the list: add its folder "
                          "on the Models page."),
                       tr("Models"),
                       [this] { Q_EMIT pageRequested(PageId::Models, {}); });
}

void Page::showProblem(const app::Problem& problem)
{
    m_banner->showText(u"danger"_s, problem.text(), tr("Dismiss"), [this] { m_banner->clear(); });
    m_banner->setToolTip(problem.details);
}

void Page::later(std::function<void()> part)
{
    m_parts.push_back(std::move(part));
    if (m_parts.size() == 1) {
        QTimer::singleShot(0, this, &Page::doNextPart);
    }
}

void Page::doNextPart()
{
    const std::function<void()> part = std::move(m_parts.front());
    m_parts.pop_front();
    if (!m_parts.empty()) {
        QTimer::singleShot(0, this, &Page::doNextPart);
    }
    part();
}

QWidget* Page::makeScrolling(QWidget* content, QWidget* parent)
{
    auto* area = new QScrollArea(parent);
    area->setObjectName(u"pageScroll"_s);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    content->setObjectName(u"pageBody"_s);
    area->setWidget(content);
    return area;
}

} // namespace ui
