// Opens the file at each look, because a rewritten file is another file of the same name.
#include "app/runs/line_tail.h"

#include <QFile>

namespace app {

LineTail::Result LineTail::read(const std::function<void(const QByteArray&)>& line,
                                const std::function<void()>& restarted,
                                qint64 maxBytes)
{
    QFile file(m_path);
    if (!file.open(QIODevice::ReadOnly)) {
        return Result::Unchanged;
    }
    Result result = Result::Unchanged;
    if (m_offset > 0) {
        file.seek(m_offset - m_before.size());
        if (file.size() < m_offset || file.read(m_before.size()) != m_before) {
            m_offset = 0;
            m_before.clear();
            result = Result::Restarted;
            if (restarted) {
                restarted();
            }
        }
    }
    file.seek(m_offset);
    QByteArray bytes = file.read(maxBytes);
    bytes.truncate(bytes.lastIndexOf('\n') + 1); // the rest is still being written
    if (bytes.isEmpty()) {
        return result;
    }
    m_offset += bytes.size();
    m_before = (m_before + bytes).right(kMemoryBytes);
    for (qsizetype from = 0; from < bytes.size();) {
        const qsizetype end = bytes.indexOf('\n', from);
        line(bytes.mid(from, end - from));
        from = end + 1;
    }
    return result == Result::Restarted ? result : Result::Added;
}

} // namespace app
