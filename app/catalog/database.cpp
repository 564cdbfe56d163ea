// SQLite's results checked once, here.
#include "app/catalog/database.h"

#include <cmath>
#include <limits>

#include <QCoreApplication>
#include <QDir>

using namespace Qt::StringLiterals;

namespace app {

namespace {

// lupdate takes the context from here.
struct DatabaseTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Database)
};

[[noreturn]] void fail(sqlite3* connection, int status, const QString& file)
{
    const QString words = connection != nullptr ? QString::fromUtf8(sqlite3_errmsg(connection))
                                                : QString::fromUtf8(sqlite3_errstr(status));
    switch (status & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        throw DatabaseError(writeProblem(file, words));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw DatabaseError(
            {u"busy"_s,
             DatabaseTexts::tr("%1: another program keeps the catalog busy.").arg(file),
             DatabaseTexts::tr("Close other studios on this workspace and try again.")});
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        throw DatabaseError(
            {u"catalog_damaged"_s,
             DatabaseTexts::tr("%1: the catalog is damaged (%2).").arg(file, words),
             DatabaseTexts::tr("Rebuild it: it is only an index of the workspace's files.")});
    default:
        throw DatabaseError({u"catalog"_s, DatabaseTexts::tr("%1: %2.").arg(file, words)});
    }
}

void check(sqlite3* connection, int status, const QString& file)
{
    if (status != SQLITE_OK) {
        fail(connection, status, file);
    }
}

QString fileOf(sqlite3_stmt* statement)
{
    return QString::fromUtf8(sqlite3_db_filename(sqlite3_db_handle(statement), nullptr));
}

} // namespace

Statement::~Statement()
{
    if (m_statement != nullptr) {
        sqlite3_reset(m_statement);
        sqlite3_clear_bindings(m_statement);
    }
}

int Statement::indexOf(const char* name) const
{
    const int index = sqlite3_bind_parameter_index(m_statement, name);
    if (index == 0) {
        throw DatabaseError(
            {u"internal"_s,
             u"catalog: no parameter %1 in %2"_s.arg(QString::fromUtf8(name),
                                                     QString::fromUtf8(sqlite3_sql(m_statement)))});
    }
    return index;
}

Statement& Statement::bind(const char* name, const QString& text)
{
    const QByteArray bytes = text.toUtf8();
    const int status = sqlite3_bind_text(m_statement,
                                         indexOf(name),
                                         bytes.constData(),
                                         static_cast<int>(bytes.size()),
                                         SQLITE_TRANSIENT);
    check(sqlite3_db_handle(m_statement), status, fileOf(m_statement));
    return *this;
}

Statement& Statement::bind(const char* name, qint64 number)
{
    const int status = sqlite3_bind_int64(m_statement, indexOf(name), number);
    check(sqlite3_db_handle(m_statement), status, fileOf(m_statement));
    return *this;
}

Statement& Statement::bind(const char* name, double number)
{
    const int index = indexOf(name);
    const int status = std::isnan(number) ? sqlite3_bind_null(m_statement, index)
                                          : sqlite3_bind_double(m_statement, index, number);
    check(sqlite3_db_handle(m_statement), status, fileOf(m_statement));
    return *this;
}

bool Statement::next()
{
    const int status = sqlite3_step(m_statement);
    if (status == SQLITE_ROW) {
        return true;
    }
    if (status != SQLITE_DONE) {
        fail(sqlite3_db_handle(m_statement), status, fileOf(m_statement));
    }
    return false;
}

void Statement::run()
{
    while (next()) {
    }
}

QString Statement::text(int column) const
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return QString::fromUtf8(text, sqlite3_column_bytes(m_statement, column));
}

qint64 Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const
{
    return isNull(column) ? std::numeric_limits<double>::quiet_NaN()
                          : sqlite3_column_double(m_statement, column);
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

Database::Database(const QString& file, Mode mode, int busyMs)
    : m_file(QDir::toNativeSeparators(file))
{
    const bool writes = mode == Mode::ReadWrite;
    const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY)
                      | SQLITE_OPEN_NOMUTEX;
    sqlite3* connection = nullptr;
    const int status = sqlite3_open_v2(file.toUtf8().constData(), &connection, flags, nullptr);
    m_connection.reset(connection);
    check(connection, status, m_file);
    check(connection, sqlite3_busy_timeout(connection, busyMs), m_file);
    sqlite3_extended_result_codes(connection, 1);
    if (writes) {
        execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    }
    execute("PRAGMA foreign_keys=ON;");
}

Database::~Database() = default;

Statement Database::prepare(const char* sql)
{
    auto& cached = m_statements[sql]; // texts are literals: the address is the key
    if (!cached) {
        sqlite3_stmt* statement = nullptr;
        const int status = sqlite3_prepare_v3(
            m_connection.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        check(m_connection.get(), status, m_file);
        cached.reset(statement);
    }
    return Statement(cached.get());
}

void Database::execute(const QByteArray& sql)
{
    check(m_connection.get(),
          sqlite3_exec(m_connection.get(), sql.constData(), nullptr, nullptr, nullptr),
          m_file);
}

qint64 Database::userVersion()
{
    Statement statement = prepare("PRAGMA user_version");
    return statement.next() ? statement.integer(0) : 0;
}

qint64 Database::dataVersion()
{
    Statement statement = prepare("PRAGMA data_version");
    return statement.next() ? statement.integer(0) : 0;
}

Transaction::Transaction(Database& database)
    : m_database(database)
{
    m_database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction()
{
    if (m_open) {
        sqlite3_exec(m_database.m_connection.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit()
{
    m_database.execute("COMMIT");
    m_open = false;
}

} // namespace app
