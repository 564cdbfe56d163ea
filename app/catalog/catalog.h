// Catalog: the index of models, data sets, runs and adapters that pages read and edit; what a
// person enters is written to the workspace's files first, so the index can always be rebuilt.
// One file because it is the one interface that pages see of the index.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <QHash>
#include <QMap>
#include <QObject>
#include <QPair>
#include <QTemporaryDir>
#include <QTimer>

#include "app/catalog/records.h"
#include "app/catalog/trash.h"
#include "app/error_text.h"
#include "app/paths.h"

namespace app {

class CatalogWriter;
class Database;
// A change of the tables, on the writing thread. May run again when the catalog was busy.
using Apply = std::function<void(Database&)>;

// Reads are short queries on the calling (GUI) thread; writes go to the writing thread and are
// followed by the matching changed signal. Another studio's writes are noticed too.
class Catalog final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Catalog)

public:
    enum class Access {
        ReadWrite,
        ReadOnly, // the workspace cannot be written, or was made by a newer studio
    };

    explicit Catalog(const Paths& paths, QObject* parent = nullptr);
    ~Catalog() override;

    // Opens or creates catalog.sqlite and brings its schema up to date. In a workspace that cannot
    // be written a temporary index is built from its files and access() is ReadOnly. Errors: a
    // catalog that cannot be used at all.
    [[nodiscard]] Outcome<Done> open();

    [[nodiscard]] Access access() const { return m_access; }

    // Why access() is ReadOnly; empty otherwise.
    [[nodiscard]] const Problem& readOnlyReason() const { return m_readOnlyReason; }

    [[nodiscard]] QList<ModelRecord> models() const;
    [[nodiscard]] QList<DatasetRecord> datasets() const;
    [[nodiscard]] QList<RunRecord> runs() const; // newest first
    [[nodiscard]] QList<AdapterRecord> adapters() const;
    [[nodiscard]] QList<VoteRecord> votes() const;
    [[nodiscard]] std::optional<ModelRecord> model(const QString& id) const;
    [[nodiscard]] std::optional<ModelRecord> modelByPath(const QString& path) const;
    [[nodiscard]] std::optional<DatasetRecord> dataset(const QString& id) const;
    [[nodiscard]] std::optional<DatasetRecord> datasetByPath(const QString& path) const;
    [[nodiscard]] std::optional<RunRecord> run(const QString& id) const;
    [[nodiscard]] std::optional<AdapterRecord> adapter(const QString& id) const;
    // A base's name as the Models page has it; its folder's where it is not registered.
    [[nodiscard]] QString baseName(const QString& path) const;
    // It names a base that is neither registered nor a folder here: one of the hub's, say.
    [[nodiscard]] bool needsBase(const AdapterRecord& adapter) const;

    // Registrations. An existing id is replaced. Problems arrive as problemOccurred.
    void saveModel(const ModelRecord& record);
    void saveDataset(const DatasetRecord& record);
    void forgetModel(const QString& id);   // the model's own files stay
    void forgetDataset(const QString& id); // an imported copy goes to the trash
    void addVote(const VoteRecord& vote);

    // What a person enters about a run or an adapter.
    void setRunName(const QString& id, const QString& name);
    void setRunTags(const QString& id, const QStringList& tags);
    void setRunNotes(const QString& id, const QString& notes);
    // Of an imported one; a run's adapters go by the run's name, which is set.
    void setAdapterName(const QString& id, const QString& name);
    void setAdapterTags(const QString& id, const QStringList& tags);
    void setAdapterNotes(const QString& id, const QString& notes);
    // The model here that an imported adapter's base is. Refused when its matrices do not fit.
    void setAdapterBase(const QString& id, const ModelRecord& base);

    // Moves the folder to the trash; undoDelete() brings the last one back, also in the next
    // studio, until emptyTrash(). Refused while a process trains in it.
    void deleteRun(const QString& id);
    void deleteAdapter(
        const QString& id); // imported ones and checkpoints; a final one goes with its run
    // What undoDelete() would bring back, the last one first: "runs/seen".
    [[nodiscard]] QStringList deleted() const;
    void undoDelete();
    void emptyTrash();

    // Reads one run folder again: after a run started, ended or was copied in.
    void refreshRun(const QString& id);
    // An imported adapter's folder, after an AdapterImport.
    void refreshAdapter(const QString& id);
    // What the studio knows about a run's end, into studio.json; the run is read again.
    void recordRun(const QString& id, const QJsonObject& values);
    // The state and numbers of a run that waits or goes on, without reading its folder. The state
    // stands until recordRun(): a folder does not tell that its run waits or starts.
    void updateRunProgress(const QString& id, RunState state, const RunNumbers& numbers);
    // Forgets everything and reads the whole workspace again; `rebuilt` follows.
    void rebuild();
    // Waits until every write asked for so far is done; for tests and for closing.
    void flush();

Q_SIGNALS:
    void modelsChanged();
    void datasetsChanged();
    void runsChanged();
    void runProgressed(const QString& id); // numbers of a live run only
    void adaptersChanged();
    void votesChanged();
    void rebuilt(int runs, int adapters);
    void deleteUndone();
    void problemOccurred(const app::Problem& problem) const;

private:
    enum class Topic { Models, Datasets, Runs, Adapters, Votes, Everything };

    void openReadOnly(const Problem& reason);
    void openWritable();
    void connectWriter(std::unique_ptr<Database> database);
    // Refused in a workspace that is read only; otherwise the change runs on the writing thread.
    void post(Topic topic, std::function<Outcome<Apply>()> prepare);
    void postAnyway(Topic topic,
                    std::function<Outcome<Apply>()> prepare,
                    std::function<void()> succeeded = {});
    void announce(Topic topic);
    void editRunFile(const QString& id, const QJsonObject& values);
    // `check` may refuse it, with the adapter's folder in hand.
    void editAdapterFile(const QString& id,
                         const QString& key,
                         const QJsonValue& value,
                         const std::function<Outcome<Done>(const QString& folder)>& check = {});
    void
    remove(Topic topic, const QStringList& files, const Apply& forget, const QString& lockedRun);
    void writeProgress();
    template <typename T>
    [[nodiscard]] T read(T (*query)(Database&)) const;
    template <typename T>
    [[nodiscard]] T read(T (*query)(Database&, const QString&), const QString& key) const;

    Paths m_paths;
    Access m_access = Access::ReadWrite;
    Problem m_readOnlyReason;
    std::unique_ptr<QTemporaryDir> m_temporary; // the index of a read-only workspace
    std::unique_ptr<Database> m_reader;
    std::unique_ptr<CatalogWriter> m_writer;
    mutable QHash<QString, QString> m_baseNames; // by path, as far as they were asked for
    QList<Deleted> m_deleted;                    // what the trash can give back, the newest last
    QTimer m_progressTimer;                      // live numbers reach the file once a second
    QMap<QString, QPair<RunState, RunNumbers>> m_progress;
    QMap<QString, RunState> m_states; // of runs that wait or go on
};

} // namespace app
