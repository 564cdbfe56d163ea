// Trash: what was deleted from a workspace, with where it was, until the trash is emptied.
#pragma once

#include <QList>
#include <QString>

#include "app/error_text.h"
#include "app/paths.h"

namespace app {

// What one deletion moved. `note` is the file in the trash that says so after a restart.
struct Deleted
{
    struct Moved
    {
        QString from;
        QString to;
    };

    QString note;
    QList<Moved> files;
};

// How `files` of the workspace will lie in its trash; nothing is moved yet.
[[nodiscard]] Deleted deletionOf(const Paths& paths, const QStringList& files);
// Files that are gone already are left out. Errors: as writeProblem(); nothing has moved then.
[[nodiscard]] Outcome<Done> moveToTrash(const Paths& paths, const Deleted& deleted);
// Errors: as writeProblem(): another file lies in the old place, for example.
[[nodiscard]] Outcome<Done> bringBack(const Deleted& deleted);
// What can be brought back, the newest last.
[[nodiscard]] QList<Deleted> readTrash(const Paths& paths);
[[nodiscard]] Outcome<Done> clearTrash(const Paths& paths);

} // namespace app
