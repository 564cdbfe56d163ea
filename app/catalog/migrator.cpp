// Migrations from the program's resources, applied in order.
#include "app/catalog/migrator.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct MigratorTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Migrator)
};

} // namespace

QList<Migration> embeddedMigrations()
{
    QList<Migration> migrations;
    const QDir folder(u":/migrations"_s);
    for (const QString& name : folder.entryList({u"*.sql"_s}, QDir::Files, QDir::Name)) {
        QFile file(folder.filePath(name));
        if (file.open(QIODevice::ReadOnly)) {
            migrations.append({name.section(u'_', 0, 0).toLongLong(), name, file.readAll()});
        }
    }
    return migrations;
}

Outcome<Done> migrate(Database& database, const QList<Migration>& migrations)
{
    const qint64 newest = migrations.isEmpty() ? 0 : migrations.last().number;
    const qint64 found = database.userVersion();
    if (found > newest) {
        return Problem{
            u"newer_catalog"_s,
            MigratorTexts::tr("%1: made by a newer studio (schema %2, this studio knows up to %3).")
                .arg(database.file())
                .arg(found)
                .arg(newest),
            MigratorTexts::tr(
                "Install the newer studio to change this workspace; until then it can "
                "only be read.")};
    }
    for (const Migration& migration : migrations) {
        if (migration.number <= database.userVersion()) {
            continue;
        }
        Transaction transaction(database);
        // Asked again: another studio may have done it while this one waited for the lock.
        if (migration.number <= database.userVersion()) {
            continue;
        }
        database.execute(migration.sql);
        database.execute("PRAGMA user_version=" + QByteArray::number(migration.number));
        transaction.commit();
    }
    return Done{};
}

} // namespace app
