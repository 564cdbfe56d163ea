// The tokens: contrast of every pair that meets, a style sheet without holes, icons that draw.
#include <QRegularExpression>
#include <QTest>

#include "tests/ui/strict.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

using namespace Qt::StringLiterals;

namespace {

constexpr double kTextContrast = 4.5;  // WCAG 2.1 AA, text
constexpr double kShapeContrast = 3.0; // WCAG 2.1 AA, shapes that carry meaning

} // namespace

class TestTheme final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { tests::failOnWarnings(); }

    void contrastOfKnownPairs()
    {
        // WCAG's own end points, and #777 on white, which is known to miss 4.5 by a hair.
        QCOMPARE(ui::contrastRatio(Qt::black, Qt::white), 21.0);
        QCOMPARE(ui::contrastRatio(Qt::white, Qt::white), 1.0);
        QVERIFY(std::abs(ui::contrastRatio(QColor(0x77, 0x77, 0x77), Qt::white) - 4.48) < 0.01);
    }

    void textIsReadable_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("light") << static_cast<int>(ui::ThemeKind::Light);
        QTest::newRow("dark") << static_cast<int>(ui::ThemeKind::Dark);
        QTest::newRow("high contrast") << static_cast<int>(ui::ThemeKind::HighContrast);
    }

    void textIsReadable()
    {
        QFETCH(int, kind);
        const ui::Colors& c = ui::colorsOf(static_cast<ui::ThemeKind>(kind));
        const QList<QPair<QColor, QColor>> texts = {
            {c.text, c.window},         {c.text, c.surface},        {c.text, c.sunken},
            {c.text, c.rail},           {c.textMuted, c.window},    {c.textMuted, c.surface},
            {c.textMuted, c.sunken},    {c.textMuted, c.rail},      {c.accent, c.surface},
            {c.accent, c.accentSoft},   {c.onAccent, c.accent},     {c.onAccent, c.accentHover},
            {c.success, c.surface},     {c.success, c.successSoft}, {c.warning, c.surface},
            {c.warning, c.warningSoft}, {c.danger, c.surface},      {c.danger, c.dangerSoft},
            {c.text, c.accentSoft},     {c.text, c.warningSoft},    {c.text, c.dangerSoft},
            {c.text, c.successSoft},
        };
        for (qsizetype i = 0; i < texts.size(); ++i) {
            const double ratio = ui::contrastRatio(texts.at(i).first, texts.at(i).second);
            QVERIFY2(ratio >= kTextContrast, qPrintable(u"pair %1: %2"_s.arg(i).arg(ratio)));
        }
        for (const QColor& series : c.series) {
            QVERIFY2(ui::contrastRatio(series, c.surface) >= kShapeContrast,
                     qPrintable(series.name()));
        }
        QVERIFY(ui::contrastRatio(c.borderStrong, c.surface) >= kShapeContrast);
    }

    void styleSheetHasNoHoles()
    {
        ui::Theme theme;
        for (const auto kind :
             {ui::ThemeKind::Light, ui::ThemeKind::Dark, ui::ThemeKind::HighContrast}) {
            theme.apply(kind);
            QString sheet = theme.styleSheet();
            sheet.remove(QRegularExpression(u"/\\*.*?\\*/"_s,
                                            QRegularExpression::DotMatchesEverythingOption));
            QVERIFY(!sheet.isEmpty());
            QVERIFY2(!sheet.contains(u'@'),
                     qPrintable(sheet.mid(std::max<qsizetype>(0, sheet.indexOf(u'@')), 40)));
        }
    }

    void iconsDrawInTheirColour()
    {
        const QColor red(Qt::red);
        for (const QString& name :
             {u"home"_s, u"models"_s, u"run"_s, u"compare"_s, u"settings"_s}) {
            const QImage image = ui::iconPixmap(name, red, 24).toImage();
            bool hasInk = false;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    const QColor pixel = image.pixelColor(x, y);
                    hasInk =
                        hasInk || (pixel.alpha() > 200 && pixel.red() > 200 && pixel.green() < 40);
                }
            }
            QVERIFY2(hasInk, qPrintable(name));
        }
        QVERIFY(ui::iconPixmap(u"no such icon"_s, red, 24).isNull());
    }
};

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
