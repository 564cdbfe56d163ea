// Migrator: brings a catalog's schema up to date, one transaction per numbered SQL file.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include "app/catalog/database.h"

namespace app {

struct Migration
{
    qint64 number = 0; // user_version afterwards
    QString name;
    QByteArray sql;
};

// The migrations built into the program, ascending from 1 without a gap.
[[nodiscard]] QList<Migration> embeddedMigrations();

// Applies what is missing. Another studio doing the same at the same time is harmless. Errors:
// newer_catalog when the file's schema is not known here; then nothing was changed. Throws
// DatabaseError.
[[nodiscard]] Outcome<Done> migrate(Database& database, const QList<Migration>& migrations);

} // namespace app
