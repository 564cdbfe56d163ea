// What changes the catalog: files of the workspace first, then the tables, on the writing thread.
// One file because every change goes this one way.
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>

#include "app/catalog/adapter_store.h"
#include "app/catalog/catalog.h"
#include "app/catalog/catalog_writer.h"
#include "app/catalog/dataset_store.h"
#include "app/catalog/model_store.h"
#include "app/catalog/reindex.h"
#include "app/catalog/run_store.h"
#include "app/catalog/vote_store.h"
#include "app/runs/adapter_fit.h"
#include "app/runs/adapter_folder.h"
#include "app/runs/run_folder.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

// Reads a run's folder; the change puts it into the tables, or takes it out when it is gone.
Outcome<Apply>
refreshFromFolder(const Paths& paths, const QString& id, const QMap<QString, RunState>& states)
{
    const RunFolder folder(paths.runs() + u'/' + id);
    if (!folder.exists()) {
        return Apply([id](Database& database) { run_store::remove(database, id); });
    }
    const Outcome<RunRecord> read = folder.readRecord();
    if (!read) {
        return read.problem();
    }
    RunRecord run = *read;
    run.state = states.value(id, run.state);
    return Apply([run, adapters = readRunAdapters(run)](Database& database) {
        run_store::put(database, run);
        adapter_store::removeOfRun(database, run.id);
        for (const AdapterRecord& each : adapters) {
            adapter_store::put(database, each);
        }
    });
}

Outcome<Apply> refreshImported(const Paths& paths, const QString& id)
{
    const QString folder = paths.adapters() + u'/' + id.section(u'/', 1);
    const Outcome<AdapterRecord> adapter = readImportedAdapter(folder);
    if (!adapter) {
        return adapter.problem();
    }
    return Apply(
        [adapter = *adapter](Database& database) { adapter_store::put(database, adapter); });
}

// Everything is read again, and what the files do not tell is added.
void replaceFromFolders(Database& database,
                        WorkspaceIndex index,
                        const QMap<QString, RunState>& states)
{
    for (RunRecord& run : index.runs) {
        run.state = states.value(run.id, run.state);
    }
    replaceCatalog(database, index);
}

bool isImported(const QString& adapterId)
{
    return adapterId.startsWith("imported/"_L1);
}

} // namespace

void Catalog::post(Topic topic, std::function<Outcome<Apply>()> prepare)
{
    if (m_access == Access::ReadOnly) {
        Q_EMIT problemOccurred(m_readOnlyReason);
        return;
    }
    postAnyway(topic, std::move(prepare));
}

void Catalog::postAnyway(Topic topic,
                         std::function<Outcome<Apply>()> prepare,
                         std::function<void()> succeeded)
{
    if (!m_writer) {
        return;
    }
    m_writer->post({std::move(prepare),
                    [this, topic, succeeded = std::move(succeeded)](const Outcome<Done>& outcome) {
                        if (!outcome) {
                            Q_EMIT problemOccurred(outcome.problem());
                            return;
                        }
                        if (succeeded) {
                            succeeded();
                        }
                        announce(topic);
                    }});
}

void Catalog::saveModel(const ModelRecord& record)
{
    post(Topic::Models, [paths = m_paths, record]() -> Outcome<Apply> {
        if (const Outcome<Done> written = writeModelFile(paths, record); !written) {
            return written.problem();
        }
        return Apply([record](Database& database) { model_store::put(database, record); });
    });
}

void Catalog::saveDataset(const DatasetRecord& record)
{
    post(Topic::Datasets, [paths = m_paths, record]() -> Outcome<Apply> {
        if (const Outcome<Done> written = writeDatasetFile(paths, record); !written) {
            return written.problem();
        }
        return Apply([record](Database& database) { dataset_store::put(database, record); });
    });
}

void Catalog::addVote(const VoteRecord& vote)
{
    post(Topic::Votes, [paths = m_paths, vote]() -> Outcome<Apply> {
        if (const Outcome<Done> written = appendVote(paths, vote); !written) {
            return written.problem();
        }
        return Apply([vote](Database& database) { vote_store::put(database, vote); });
    });
}

void Catalog::editRunFile(const QString& id, const QJsonObject& values)
{
    post(Topic::Runs, [paths = m_paths, states = m_states, id, values]() -> Outcome<Apply> {
        const RunFolder folder(paths.runs() + u'/' + id);
        if (const Outcome<Done> written = folder.setStudioValues(values); !written) {
            return written.problem();
        }
        return refreshFromFolder(paths, id, states);
    });
}

void Catalog::setRunName(const QString& id, const QString& name)
{
    editRunFile(id, {{u"name"_s, name}});
}

void Catalog::setRunTags(const QString& id, const QStringList& tags)
{
    editRunFile(id, {{u"tags"_s, QJsonArray::fromStringList(tags)}});
}

void Catalog::setRunNotes(const QString& id, const QString& notes)
{
    editRunFile(id, {{u"notes"_s, notes}});
}

void Catalog::recordRun(const QString& id, const QJsonObject& values)
{
    m_progress.remove(id); // older than what is recorded now
    m_states.remove(id);
    editRunFile(id, values);
}

void Catalog::editAdapterFile(const QString& id,
                              const QString& key,
                              const QJsonValue& value,
                              const std::function<Outcome<Done>(const QString& folder)>& check)
{
    const auto prepare =
        [paths = m_paths, states = m_states, id, key, value, check]() -> Outcome<Apply> {
        const bool imported = isImported(id);
        const QString owner = (imported ? paths.adapters() + u'/' + id.section(u'/', 1)
                                        : paths.runs() + u'/' + id.section(u'/', 0, 0));
        const QString place = imported ? u"."_s : id.section(u'/', 1);
        if (const Outcome<Done> fine = check ? check(owner) : Done{}; !fine) {
            return fine.problem();
        }
        const RunFolder folder(owner);
        QJsonObject adapters = folder.readStudio().value("adapters"_L1).toObject();
        QJsonObject entry = adapters.value(place).toObject();
        entry.insert(key, value);
        adapters.insert(place, entry);
        if (const Outcome<Done> written = folder.setStudioValues({{u"adapters"_s, adapters}});
            !written) {
            return written.problem();
        }
        return imported ? refreshImported(paths, id)
                        : refreshFromFolder(paths, id.section(u'/', 0, 0), states);
    };
    post(Topic::Adapters, prepare);
}

void Catalog::setAdapterName(const QString& id, const QString& name)
{
    if (isImported(id)) {
        editAdapterFile(id, u"name"_s, name);
    } else {
        setRunName(id.section(u'/', 0, 0), name);
    }
}

void Catalog::setAdapterTags(const QString& id, const QStringList& tags)
{
    editAdapterFile(id, u"tags"_s, QJsonArray::fromStringList(tags));
}

void Catalog::setAdapterNotes(const QString& id, const QString& notes)
{
    editAdapterFile(id, u"notes"_s, notes);
}

void Catalog::setAdapterBase(const QString& id, const ModelRecord& base)
{
    if (isImported(id)) { // a run knows its base
        editAdapterFile(id, u"base"_s, base.path, [base](const QString& folder) {
            return checkAdapterFits(folder, base);
        });
    }
}

void Catalog::remove(Topic topic,
                     const QStringList& files,
                     const Apply& forget,
                     const QString& lockedRun)
{
    if (m_access == Access::ReadOnly) {
        Q_EMIT problemOccurred(m_readOnlyReason);
        return;
    }
    const Deleted deleted = deletionOf(m_paths, files);
    const auto prepare = [paths = m_paths, deleted, forget, lockedRun]() -> Outcome<Apply> {
        if (!lockedRun.isEmpty() && RunFolder(lockedRun).isLocked()) {
            return Problem{u"busy"_s,
                           tr("%1: a worker trains here.").arg(lockedRun),
                           tr("Stop the run first.")};
        }
        if (const Outcome<Done> moved = moveToTrash(paths, deleted); !moved) {
            return moved.problem();
        }
        return forget;
    };
    postAnyway(topic, prepare, [this, deleted] { m_deleted.append(deleted); });
}

void Catalog::forgetModel(const QString& id)
{
    remove(Topic::Models,
           {modelFile(m_paths, id)},
           [id](Database& database) { model_store::remove(database, id); },
           {});
}

void Catalog::forgetDataset(const QString& id)
{
    const std::optional<DatasetRecord> record = dataset(id);
    QStringList files{datasetFile(m_paths, id)};
    if (record && record->path.startsWith(m_paths.datasets() + u'/')) {
        files.append(record->path);
    }
    remove(Topic::Datasets,
           files,
           [id](Database& database) { dataset_store::remove(database, id); },
           {});
}

void Catalog::deleteRun(const QString& id)
{
    const QString folder = m_paths.runs() + u'/' + id;
    remove(
        Topic::Runs,
        {folder},
        [id](Database& database) { run_store::remove(database, id); },
        folder);
}

void Catalog::deleteAdapter(const QString& id)
{
    const std::optional<AdapterRecord> record = adapter(id);
    if (!record) {
        return;
    }
    const bool imported = record->kind == AdapterRecord::Kind::Imported;
    const QString run = imported ? QString() : m_paths.runs() + u'/' + record->run;
    // A checkpoint is its whole folder, not only the adapter in it.
    const QString folder = record->kind == AdapterRecord::Kind::Checkpoint
                               ? m_paths.runs() + u'/' + id
                               : record->folder;
    remove(
        Topic::Adapters,
        {folder},
        [id](Database& database) { adapter_store::remove(database, id); },
        run);
}

QStringList Catalog::deleted() const
{
    QStringList names;
    for (const Deleted& each : m_deleted) {
        names.prepend(QDir(m_paths.workspace()).relativeFilePath(each.files.first().from));
    }
    return names;
}

void Catalog::undoDelete()
{
    if (m_deleted.isEmpty() || m_access == Access::ReadOnly) {
        return;
    }
    const Deleted deleted = m_deleted.takeLast();
    // Everything is read again: what came back may be a run with its adapters, or a registration.
    const auto prepare = [paths = m_paths, states = m_states, deleted]() -> Outcome<Apply> {
        if (const Outcome<Done> back = bringBack(deleted); !back) {
            return back.problem();
        }
        return Apply([paths, states](Database& database) {
            replaceFromFolders(database, readWorkspace(paths), states);
        });
    };
    postAnyway(Topic::Everything, prepare, [this] { Q_EMIT deleteUndone(); });
}

void Catalog::emptyTrash()
{
    m_deleted.clear();
    post(Topic::Everything, [paths = m_paths]() -> Outcome<Apply> {
        if (const Outcome<Done> cleared = clearTrash(paths); !cleared) {
            return cleared.problem();
        }
        return Apply([](Database&) {});
    });
}

void Catalog::refreshRun(const QString& id)
{
    m_progress.remove(id);
    postAnyway(Topic::Runs, [paths = m_paths, states = m_states, id] {
        return refreshFromFolder(paths, id, states);
    });
}

void Catalog::refreshAdapter(const QString& id)
{
    postAnyway(Topic::Adapters, [paths = m_paths, id] { return refreshImported(paths, id); });
}

void Catalog::updateRunProgress(const QString& id, RunState state, const RunNumbers& numbers)
{
    m_progress.insert(id, {state, numbers});
    const auto known = m_states.constFind(id);
    if (known == m_states.constEnd() || *known != state) {
        m_states.insert(id, state);
        writeProgress(); // numbers may wait, a state is seen at once
    } else if (!m_progressTimer.isActive()) {
        m_progressTimer.start();
    }
}

void Catalog::writeProgress()
{
    if (!m_writer || m_progress.isEmpty()) {
        return;
    }
    const auto progress = std::exchange(m_progress, {});
    m_writer->post({[progress]() -> Outcome<Apply> {
                        return Apply([progress](Database& database) {
                            for (auto each = progress.begin(); each != progress.end(); ++each) {
                                run_store::updateProgress(
                                    database, each.key(), each->first, each->second);
                            }
                        });
                    },
                    [this, progress](const Outcome<Done>& outcome) {
                        // A disk that is full for a second costs nothing: the next second's numbers
                        // take the place of these.
                        if (outcome) {
                            for (const QString& id : progress.keys()) {
                                Q_EMIT runProgressed(id);
                            }
                        }
                    }});
}

// The files are read inside the transaction: what another studio writes to a file before is read,
// and what it writes afterwards it puts into the tables after this.
void Catalog::rebuild()
{
    auto counts = std::make_shared<QPair<int, int>>();
    const auto prepare = [paths = m_paths, states = m_states, counts]() -> Outcome<Apply> {
        return Apply([paths, states, counts](Database& database) {
            const WorkspaceIndex index = readWorkspace(paths);
            *counts = {static_cast<int>(index.runs.size()),
                       static_cast<int>(index.adapters.size())};
            replaceFromFolders(database, index, states);
        });
    };
    postAnyway(Topic::Everything, prepare, [this, counts] {
        Q_EMIT rebuilt(counts->first, counts->second);
    });
}

void Catalog::flush()
{
    if (m_writer) {
        writeProgress();
        m_writer->flush();
    }
}

} // namespace app
