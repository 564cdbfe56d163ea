// LineTail: the lines that were added to a growing file since the last look.
#pragma once

#include <functional>

#include <QByteArray>
#include <QString>

namespace app {

// A file that became shorter, or whose lines before the known end are others, is read from its
// start again: a resumed run rewrites metrics.jsonl up to its checkpoint.
class LineTail final
{
public:
    enum class Result { Unchanged, Added, Restarted };

    explicit LineTail(QString path)
        : m_path(std::move(path))
    {}

    // Hands on whole lines (with their newline left out), at most `maxBytes` of them at once.
    // `restarted` is called before the first line of a file that is read again.
    Result read(const std::function<void(const QByteArray&)>& line,
                const std::function<void()>& restarted = {},
                qint64 maxBytes = 1 << 20);

    [[nodiscard]] qint64 offset() const { return m_offset; }

private:
    static constexpr qint64 kMemoryBytes = 64;

    QString m_path;
    qint64 m_offset = 0;
    QByteArray m_before; // the last bytes before the offset
};

} // namespace app
