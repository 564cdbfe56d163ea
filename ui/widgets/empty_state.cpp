// What an empty page shows: what belongs here and what to do next.
#include "ui/widgets/empty_state.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/theme/icons.h"
#include "ui/widgets/parts.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kPicture = 44;
constexpr int kTextWidth = 420;

} // namespace

EmptyState::EmptyState(const Theme& theme,
                       const QString& iconName,
                       const QString& heading,
                       const QString& text,
                       const QString& action,
                       QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(space::kSmall);
    layout->addStretch(2);
    auto* picture = new QLabel(this);
    const auto paint = [picture, iconName, &theme] {
        picture->setPixmap(iconPixmap(iconName, theme.colors().borderStrong, kPicture));
    };
    paint();
    connect(&theme, &Theme::changed, picture, paint);
    layout->addWidget(picture, 0, Qt::AlignHCenter);
    layout->addWidget(makeLabel(heading, u"heading"_s, this), 0, Qt::AlignHCenter);
    QLabel* explanation = makeText(text, u"muted"_s, this);
    explanation->setAlignment(Qt::AlignHCenter);
    explanation->setFixedWidth(kTextWidth);
    explanation->setFont(theme.font(TextStyle::Body));
    explanation->setMinimumHeight(explanation->heightForWidth(kTextWidth));
    layout->addWidget(explanation, 0, Qt::AlignHCenter);
    if (!action.isEmpty()) {
        m_action = makePrimaryButton(action, this);
        layout->addSpacing(space::kSmall);
        layout->addWidget(m_action, 0, Qt::AlignHCenter);
        connect(m_action, &QPushButton::clicked, this, &EmptyState::actionTriggered);
    }
    layout->addStretch(3);
}

} // namespace ui
