// Any warning of Qt or of the studio fails the test that caused it.
#pragma once

#include <QRegularExpression>
#include <QTest>

namespace tests {

inline void failOnWarnings()
{
    // The offscreen platform says this of every resized top window and every menu; it is no fault
    // of ours.
    QTest::failOnWarning(QRegularExpression(
        QStringLiteral("^(?!This plugin does not support (propagateSizeHints|grabbing|raise))")));
}

} // namespace tests
