// Colours, spacing and type as named tokens; applied through Fusion, the palette and one style
// sheet.
#pragma once

#include <array>

#include <QColor>
#include <QFont>
#include <QObject>
#include <QString>

class QApplication;

namespace ui {

enum class ThemeKind { Light, Dark, HighContrast };

// Distances in device-independent pixels.
namespace space {
inline constexpr int kHair = 2;
inline constexpr int kTiny = 4;
inline constexpr int kSmall = 8;
inline constexpr int kMedium = 12;
inline constexpr int kLarge = 16;
inline constexpr int kHuge = 24;
} // namespace space

// Sizes of recurring things, in device-independent pixels.
namespace size {
inline constexpr int kIcon = 18;
inline constexpr int kRailWidth = 176;
inline constexpr int kControlHeight = 30;
inline constexpr int kFormWidth = 620;
inline constexpr int kReadWidth = 640;
inline constexpr int kRadius = 6;
} // namespace size

inline constexpr std::size_t kSeriesColors = 8;

struct Colors
{
    QColor window;
    QColor rail;
    QColor surface;
    QColor sunken;
    QColor border;
    QColor borderStrong;
    QColor text;
    QColor textMuted;
    QColor textDisabled;
    QColor accent;
    QColor accentHover;
    QColor accentSoft;
    QColor onAccent;
    QColor success;
    QColor successSoft;
    QColor warning;
    QColor warningSoft;
    QColor danger;
    QColor dangerSoft;
    QColor grid;
    std::array<QColor, kSeriesColors> series;
};

enum class TextStyle { Body, Small, Strong, Heading, Title, Mono };

[[nodiscard]] const Colors& colorsOf(ThemeKind kind);

// WCAG 2.1 contrast ratio, 1 to 21.
[[nodiscard]] double contrastRatio(const QColor& first, const QColor& second);

class Theme final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Theme)

public:
    explicit Theme(QObject* parent = nullptr);

    void apply(ThemeKind kind);

    [[nodiscard]] ThemeKind kind() const { return m_kind; }

    [[nodiscard]] const Colors& colors() const { return colorsOf(m_kind); }

    [[nodiscard]] QFont font(TextStyle style) const;
    [[nodiscard]] QColor seriesColor(int index) const;
    [[nodiscard]] QString styleSheet() const;

Q_SIGNALS:
    void changed();

private:
    ThemeKind m_kind = ThemeKind::Light;
    QString m_family;
    QString m_monoFamily;
};

} // namespace ui
