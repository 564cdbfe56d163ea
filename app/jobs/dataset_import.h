// DatasetImport: copies (or only registers) a data file, hashes it, and yields its record.
#pragma once

#include "app/catalog/records.h"
#include "app/jobs/thread_job.h"
#include "app/paths.h"

namespace app {

struct DatasetImportOptions
{
    enum class Place { KeepWhereItIs, CopyIntoWorkspace };

    QString file;
    QString name; // empty: the file's name
    Place place = Place::KeepWhereItIs;
    QString format = QStringLiteral("auto");
    QJsonObject columnMap = {};
    QString chatFormat = QStringLiteral("auto");
};

class DatasetImport final : public ThreadJob
{
    Q_OBJECT

public:
    DatasetImport(const Paths& paths,
                  const DatasetImportOptions& options,
                  QObject* parent = nullptr);

    // When Done: give it to Catalog::saveDataset. Row counts come from a later check.
    [[nodiscard]] const DatasetRecord& record() const;

private:
    struct ImportWork;
    DatasetImport(std::shared_ptr<ImportWork> work, QObject* parent);
    std::shared_ptr<ImportWork> m_import;
};

} // namespace app
