// Database: owners of a SQLite connection, its cached statements and a transaction; values are
// bound by name.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include <sqlite3.h>

#include <QByteArray>
#include <QString>
#include <QStringList>

#include "app/error_text.h"

namespace app {

// What SQLite said, as a Problem: "disk_full", "read_only", "busy" or "catalog".
class DatabaseError final
{
public:
    explicit DatabaseError(Problem problem)
        : m_problem(std::move(problem))
    {}

    [[nodiscard]] const Problem& problem() const { return m_problem; }

private:
    Problem m_problem;
};

// A prepared statement that is in use; it goes back to the cache when it is destroyed. Throws
// DatabaseError, which the catalog's entry points turn into an Outcome.
class Statement final
{
public:
    Statement(Statement&& other) noexcept
        : m_statement(std::exchange(other.m_statement, nullptr))
    {}

    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // The name with its colon: ":id". A name that the text does not have is an error.
    Statement& bind(const char* name, const QString& text);
    Statement& bind(const char* name, qint64 number);
    Statement& bind(const char* name, double number); // NaN becomes NULL

    [[nodiscard]] bool next(); // true: a row is there
    void run();                // to the end

    [[nodiscard]] QString text(int column) const;
    [[nodiscard]] qint64 integer(int column) const;
    [[nodiscard]] double real(int column) const; // NULL becomes NaN
    [[nodiscard]] bool isNull(int column) const;

private:
    friend class Database;

    explicit Statement(sqlite3_stmt* statement)
        : m_statement(statement)
    {}

    [[nodiscard]] int indexOf(const char* name) const;

    sqlite3_stmt* m_statement; // the cache owns it
};

class Database final
{
public:
    enum class Mode { ReadWrite, ReadOnly };

    // Opens (and with ReadWrite creates) the file: WAL, foreign keys on, waits up to `busyMs` for
    // another connection. Throws DatabaseError.
    Database(const QString& file, Mode mode, int busyMs);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    // The statement of this text, prepared once. One use at a time.
    [[nodiscard]] Statement prepare(const char* sql);
    // Several statements separated by semicolons.
    void execute(const QByteArray& sql);
    [[nodiscard]] qint64 userVersion();
    // Rises when another connection has changed the file.
    [[nodiscard]] qint64 dataVersion();

    [[nodiscard]] const QString& file() const { return m_file; }

private:
    friend class Transaction;

    struct Finalize
    {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };

    struct Close
    {
        void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
    };

    QString m_file;
    std::unique_ptr<sqlite3, Close> m_connection;
    std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> m_statements;
};

// BEGIN IMMEDIATE in the constructor; ROLLBACK in the destructor unless commit() was called.
class Transaction final
{
public:
    explicit Transaction(Database& database);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    void commit();

private:
    Database& m_database;
    bool m_open = true;
};

} // namespace app
