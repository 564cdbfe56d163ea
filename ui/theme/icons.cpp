// Icon by name, drawn from SVG and tinted from the theme.
#include "ui/theme/icons.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

using namespace Qt::StringLiterals;

namespace ui {

QPixmap iconPixmap(const QString& name, const QColor& color, int size, qreal devicePixelRatio)
{
    QFile file(u":/icons/"_s + name + u".svg"_s);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    QByteArray svg = file.readAll();
    svg.replace(QByteArrayLiteral("currentColor"), color.name().toLatin1());
    QSvgRenderer renderer(svg);
    const int pixels = qRound(size * devicePixelRatio);
    QPixmap pixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

QIcon icon(const QString& name, const QColor& color)
{
    return QIcon(iconPixmap(name, color, size::kIcon));
}

QIcon icon(const QString& name, const Theme& theme)
{
    const Colors& c = theme.colors();
    QIcon result;
    result.addPixmap(iconPixmap(name, c.text, size::kIcon), QIcon::Normal);
    result.addPixmap(iconPixmap(name, c.textDisabled, size::kIcon), QIcon::Disabled);
    result.addPixmap(iconPixmap(name, c.accent, size::kIcon), QIcon::Normal, QIcon::On);
    return result;
}

} // namespace ui
