// Colours, spacing and type as named tokens; applied through Fusion, the palette and one style
// sheet.
#include "ui/theme/theme.h"

#include <cmath>
#include <utility>

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

QColor rgb(QRgb value)
{
    return QColor(value);
}

// Every text token reaches 4.5:1 on every background, and 7:1 in the theme of high contrast;
// tests/ui/test_theme.cpp measures it.
const Colors kLight = {
    .window = rgb(0xf5f6f8),
    .rail = rgb(0xeceef2),
    .surface = rgb(0xffffff),
    .sunken = rgb(0xf0f2f5),
    .border = rgb(0xdbdfe6),
    .borderStrong = rgb(0x868f9d),
    .text = rgb(0x1a212c),
    .textMuted = rgb(0x545f6e),
    .textDisabled = rgb(0x8d96a3),
    .accent = rgb(0x2b59c3),
    .accentHover = rgb(0x234aa6),
    .accentSoft = rgb(0xe3eafa),
    .onAccent = rgb(0xffffff),
    .success = rgb(0x16693a),
    .successSoft = rgb(0xdff3e6),
    .warning = rgb(0x855000),
    .warningSoft = rgb(0xfdf0d5),
    .danger = rgb(0xb3261e),
    .dangerSoft = rgb(0xfce8e6),
    .grid = rgb(0xe7eaef),
    .series = {rgb(0x2b59c3),
               rgb(0xb85c00),
               rgb(0x0a7a68),
               rgb(0x9b3594),
               rgb(0x6b6a00),
               rgb(0xb3261e),
               rgb(0x4f5f78),
               rgb(0x5b46c9)},
};

const Colors kDark = {
    .window = rgb(0x14171c),
    .rail = rgb(0x101318),
    .surface = rgb(0x1c2027),
    .sunken = rgb(0x16191f),
    .border = rgb(0x313843),
    .borderStrong = rgb(0x6c7786),
    .text = rgb(0xe5e8ed),
    .textMuted = rgb(0x9fa9b8),
    .textDisabled = rgb(0x687282),
    .accent = rgb(0x83a9ff),
    .accentHover = rgb(0xa3c0ff),
    .accentSoft = rgb(0x24314d),
    .onAccent = rgb(0x10141b),
    .success = rgb(0x6fd39a),
    .successSoft = rgb(0x173324),
    .warning = rgb(0xf1bd63),
    .warningSoft = rgb(0x3a2d12),
    .danger = rgb(0xff9a92),
    .dangerSoft = rgb(0x431f1d),
    .grid = rgb(0x2a303a),
    .series = {rgb(0x83a9ff),
               rgb(0xf3a65c),
               rgb(0x54d1b6),
               rgb(0xe391d8),
               rgb(0xd7cb55),
               rgb(0xff9a92),
               rgb(0xa9b5c8),
               rgb(0xb7a8ff)},
};

const Colors kHighContrast = {
    .window = rgb(0x000000),
    .rail = rgb(0x000000),
    .surface = rgb(0x000000),
    .sunken = rgb(0x000000),
    .border = rgb(0xffffff),
    .borderStrong = rgb(0xffffff),
    .text = rgb(0xffffff),
    .textMuted = rgb(0xf0f0f0),
    .textDisabled = rgb(0xa8a8a8),
    .accent = rgb(0xffe14d),
    .accentHover = rgb(0xfff3a8),
    .accentSoft = rgb(0x3a3400),
    .onAccent = rgb(0x000000),
    .success = rgb(0x7dffa8),
    .successSoft = rgb(0x002b10),
    .warning = rgb(0xffc04d),
    .warningSoft = rgb(0x2e1e00),
    .danger = rgb(0xffb0ac),
    .dangerSoft = rgb(0x3a0200),
    .grid = rgb(0x4a4a4a),
    .series = {rgb(0xffe14d),
               rgb(0x6fd6ff),
               rgb(0x7dffa8),
               rgb(0xffa3f0),
               rgb(0xffc04d),
               rgb(0xff9e99),
               rgb(0xffffff),
               rgb(0xc9b8ff)},
};

double linearChannel(double value)
{
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color)
{
    return 0.2126 * linearChannel(color.redF()) + 0.7152 * linearChannel(color.greenF())
           + 0.0722 * linearChannel(color.blueF());
}

QString firstInstalled(std::initializer_list<QString> families, const QString& fallback)
{
    const QStringList installed = QFontDatabase::families();
    for (const QString& family : families) {
        if (installed.contains(family)) {
            return family;
        }
    }
    return fallback;
}

QPalette paletteOf(const Colors& c)
{
    QPalette palette;
    palette.setColor(QPalette::Window, c.window);
    palette.setColor(QPalette::WindowText, c.text);
    palette.setColor(QPalette::Base, c.surface);
    palette.setColor(QPalette::AlternateBase, c.sunken);
    palette.setColor(QPalette::Text, c.text);
    palette.setColor(QPalette::PlaceholderText, c.textMuted);
    palette.setColor(QPalette::Button, c.surface);
    palette.setColor(QPalette::ButtonText, c.text);
    palette.setColor(QPalette::BrightText, c.danger);
    palette.setColor(QPalette::Highlight, c.accent);
    palette.setColor(QPalette::HighlightedText, c.onAccent);
    palette.setColor(QPalette::Link, c.accent);
    palette.setColor(QPalette::LinkVisited, c.accent);
    palette.setColor(QPalette::ToolTipBase, c.surface);
    palette.setColor(QPalette::ToolTipText, c.text);
    palette.setColor(QPalette::Light, c.surface);
    palette.setColor(QPalette::Midlight, c.border);
    palette.setColor(QPalette::Mid, c.border);
    palette.setColor(QPalette::Dark, c.borderStrong);
    palette.setColor(QPalette::Shadow, c.borderStrong);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, c.textDisabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, c.accentSoft);
    palette.setColor(QPalette::Disabled, QPalette::HighlightedText, c.text);
    return palette;
}

} // namespace

const Colors& colorsOf(ThemeKind kind)
{
    switch (kind) {
    case ThemeKind::Dark:
        return kDark;
    case ThemeKind::HighContrast:
        return kHighContrast;
    case ThemeKind::Light:
        break;
    }
    return kLight;
}

double contrastRatio(const QColor& first, const QColor& second)
{
    const double a = luminance(first);
    const double b = luminance(second);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

Theme::Theme(QObject* parent)
    : QObject(parent)
{
    m_family = firstInstalled({u"Inter"_s, u"Noto Sans"_s, u"Segoe UI"_s, u"DejaVu Sans"_s},
                              QFontDatabase::systemFont(QFontDatabase::GeneralFont).family());
    m_monoFamily = firstInstalled({u"JetBrains Mono"_s, u"Noto Sans Mono"_s, u"DejaVu Sans Mono"_s},
                                  QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
}

QFont Theme::font(TextStyle style) const
{
    QFont font(style == TextStyle::Mono ? m_monoFamily : m_family);
    int pixels = 13;
    switch (style) {
    case TextStyle::Body:
        break;
    case TextStyle::Small:
    case TextStyle::Mono:
        pixels = 12;
        break;
    case TextStyle::Strong:
        font.setWeight(QFont::DemiBold);
        break;
    case TextStyle::Heading:
        pixels = 15;
        font.setWeight(QFont::DemiBold);
        break;
    case TextStyle::Title:
        pixels = 22;
        font.setWeight(QFont::DemiBold);
        break;
    }
    font.setPixelSize(pixels);
    return font;
}

QColor Theme::seriesColor(int index) const
{
    return colors().series.at(static_cast<std::size_t>(index) % kSeriesColors);
}

QString Theme::styleSheet() const
{
    QFile file(u":/theme/studio.qss"_s);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    QString sheet = QString::fromUtf8(file.readAll());
    const Colors& c = colors();
    const QString variant = m_kind == ThemeKind::Light  ? u"light"_s
                            : m_kind == ThemeKind::Dark ? u"dark"_s
                                                        : u"contrast"_s;
    // Longer names first: "@accent" is the beginning of "@accentSoft".
    const std::initializer_list<std::pair<QString, QString>> tokens = {
        {u"@window"_s, c.window.name()},
        {u"@rail"_s, c.rail.name()},
        {u"@surface"_s, c.surface.name()},
        {u"@sunken"_s, c.sunken.name()},
        {u"@borderStrong"_s, c.borderStrong.name()},
        {u"@border"_s, c.border.name()},
        {u"@textMuted"_s, c.textMuted.name()},
        {u"@textDisabled"_s, c.textDisabled.name()},
        {u"@text"_s, c.text.name()},
        {u"@accentHover"_s, c.accentHover.name()},
        {u"@accentSoft"_s, c.accentSoft.name()},
        {u"@accent"_s, c.accent.name()},
        {u"@onAccent"_s, c.onAccent.name()},
        {u"@successSoft"_s, c.successSoft.name()},
        {u"@success"_s, c.success.name()},
        {u"@warningSoft"_s, c.warningSoft.name()},
        {u"@warning"_s, c.warning.name()},
        {u"@dangerSoft"_s, c.dangerSoft.name()},
        {u"@danger"_s, c.danger.name()},
        {u"@variant"_s, variant},
        {u"@mono"_s, m_monoFamily},
    };
    for (const auto& [token, value] : tokens) {
        sheet.replace(token, value);
    }
    return sheet;
}

void Theme::apply(ThemeKind kind)
{
    m_kind = kind;
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QApplication::setPalette(paletteOf(colors()));
    QApplication::setFont(font(TextStyle::Body));
    qApp->setStyleSheet(styleSheet());
    Q_EMIT changed();
}

} // namespace ui
