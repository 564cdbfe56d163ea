// Catalog's reading and opening; catalog_changes.cpp has what changes it.
#include "app/catalog/catalog.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include "app/catalog/adapter_store.h"
#include "app/catalog/catalog_writer.h"
#include "app/catalog/dataset_store.h"
#include "app/catalog/migrator.h"
#include "app/catalog/model_store.h"
#include "app/catalog/reindex.h"
#include "app/catalog/run_store.h"
#include "app/catalog/vote_store.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kReaderBusyMs = 250; // with WAL a reader only waits while a file is being recovered
constexpr int kProgressMs = 1000;

bool isDamaged(const Problem& problem)
{
    return problem.code == "catalog_damaged"_L1;
}

} // namespace

Catalog::Catalog(const Paths& paths, QObject* parent)
    : QObject(parent)
    , m_paths(paths)
{
    m_progressTimer.setInterval(kProgressMs);
    m_progressTimer.setSingleShot(true);
    connect(&m_progressTimer, &QTimer::timeout, this, &Catalog::writeProgress);
}

Catalog::~Catalog() = default;

Outcome<Done> Catalog::open()
{
    const Outcome<Done> folders = m_paths.create();
    try {
        if (!folders) {
            openReadOnly(folders.problem());
        } else if (!m_paths.isWritable()) {
            openReadOnly(writeProblem(m_paths.workspace(), tr("cannot write here")));
        } else {
            openWritable();
        }
    } catch (const DatabaseError& error) {
        return error.problem();
    }
    return Done{};
}

void Catalog::openWritable()
{
    const QString file = m_paths.catalog();
    const bool isNew = !QFileInfo::exists(file);
    bool rebuildNow = isNew;
    std::unique_ptr<Database> database;
    try {
        database =
            std::make_unique<Database>(file, Database::Mode::ReadWrite, CatalogWriter::kBusyMs);
        if (const Outcome<Done> known = migrate(*database, embeddedMigrations()); !known) {
            openReadOnly(known.problem());
            return;
        }
    } catch (const DatabaseError& error) {
        database.reset();
        if (!isDamaged(error.problem())) {
            openReadOnly(error.problem());
            return;
        }
        // It is only an index: set aside, and made again from the files.
        const QString aside =
            file + u".damaged-"_s + QDateTime::currentDateTime().toString(u"yyyyMMddHHmmss"_s);
        QFile::rename(file, aside);
        QFile::remove(file + u"-wal"_s);
        QFile::remove(file + u"-shm"_s);
        database =
            std::make_unique<Database>(file, Database::Mode::ReadWrite, CatalogWriter::kBusyMs);
        (void)migrate(*database, embeddedMigrations()); // of an empty file: nothing newer is there
        rebuildNow = true;
        Q_EMIT problemOccurred({u"catalog_damaged"_s,
                                tr("%1 was damaged and is kept as %2.").arg(file, aside),
                                tr("The catalog is being rebuilt from the workspace's files.")});
    }
    connectWriter(std::move(database));
    m_deleted = readTrash(m_paths);
    if (rebuildNow) {
        rebuild();
    }
}

void Catalog::openReadOnly(const Problem& reason)
{
    m_access = Access::ReadOnly;
    m_readOnlyReason = reason;
    m_temporary = std::make_unique<QTemporaryDir>();
    auto database = std::make_unique<Database>(m_temporary->filePath(u"catalog.sqlite"_s),
                                               Database::Mode::ReadWrite,
                                               CatalogWriter::kBusyMs);
    if (const Outcome<Done> made = migrate(*database, embeddedMigrations()); !made) {
        throw DatabaseError(made.problem());
    }
    connectWriter(std::move(database));
    rebuild();
}

void Catalog::connectWriter(std::unique_ptr<Database> database)
{
    m_reader =
        std::make_unique<Database>(database->file(), Database::Mode::ReadOnly, kReaderBusyMs);
    m_writer = std::make_unique<CatalogWriter>(std::move(database));
    connect(m_writer.get(), &CatalogWriter::foreignChanged, this, [this] {
        announce(Topic::Everything);
    });
}

template <typename T>
T Catalog::read(T (*query)(Database&)) const
{
    if (!m_reader) {
        return {};
    }
    try {
        return query(*m_reader);
    } catch (const DatabaseError& error) {
        Q_EMIT problemOccurred(error.problem());
        return {};
    }
}

template <typename T>
T Catalog::read(T (*query)(Database&, const QString&), const QString& key) const
{
    if (!m_reader) {
        return {};
    }
    try {
        return query(*m_reader, key);
    } catch (const DatabaseError& error) {
        Q_EMIT problemOccurred(error.problem());
        return {};
    }
}

QList<ModelRecord> Catalog::models() const
{
    return read(&model_store::all);
}

QList<DatasetRecord> Catalog::datasets() const
{
    return read(&dataset_store::all);
}

QList<RunRecord> Catalog::runs() const
{
    return read(&run_store::all);
}

QList<AdapterRecord> Catalog::adapters() const
{
    return read(&adapter_store::all);
}

QList<VoteRecord> Catalog::votes() const
{
    return read(&vote_store::all);
}

std::optional<ModelRecord> Catalog::model(const QString& id) const
{
    return read(&model_store::find, id);
}

std::optional<ModelRecord> Catalog::modelByPath(const QString& path) const
{
    return read(&model_store::findByPath, path);
}

QString Catalog::baseName(const QString& path) const
{
    const auto known = m_baseNames.constFind(path);
    if (known != m_baseNames.constEnd()) {
        return *known;
    }
    const auto model = modelByPath(path);
    const QString name = model ? model->name : QFileInfo(path).fileName();
    m_baseNames.insert(path, name);
    return name;
}

bool Catalog::needsBase(const AdapterRecord& adapter) const
{
    const QFileInfo base(adapter.baseModel);
    return adapter.kind == AdapterRecord::Kind::Imported && !modelByPath(adapter.baseModel)
           && !(base.isAbsolute() && base.isDir());
}

std::optional<DatasetRecord> Catalog::dataset(const QString& id) const
{
    return read(&dataset_store::find, id);
}

std::optional<DatasetRecord> Catalog::datasetByPath(const QString& path) const
{
    return read(&dataset_store::findByPath, path);
}

std::optional<RunRecord> Catalog::run(const QString& id) const
{
    return read(&run_store::find, id);
}

std::optional<AdapterRecord> Catalog::adapter(const QString& id) const
{
    return read(&adapter_store::find, id);
}

void Catalog::announce(Topic topic)
{
    const bool all = topic == Topic::Everything;
    m_baseNames.clear();
    if (all || topic == Topic::Models) {
        Q_EMIT modelsChanged();
    }
    if (all || topic == Topic::Datasets) {
        Q_EMIT datasetsChanged();
    }
    if (all || topic == Topic::Runs) {
        Q_EMIT runsChanged();
    }
    if (all || topic == Topic::Runs || topic == Topic::Adapters) {
        Q_EMIT adaptersChanged();
    }
    if (all || topic == Topic::Votes) {
        Q_EMIT votesChanged();
    }
}

} // namespace app
