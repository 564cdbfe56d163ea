// The vote table.
#include "app/catalog/vote_store.h"

namespace app::vote_store {

QList<VoteRecord> all(Database& database)
{
    QList<VoteRecord> votes;
    Statement query = database.prepare("SELECT id, prompt, left_adapter, right_adapter, winner, "
                                       "created FROM vote ORDER BY created DESC, id");
    while (query.next()) {
        votes.append({query.text(0),
                      query.text(1),
                      query.text(2),
                      query.text(3),
                      query.text(4),
                      QDateTime::fromString(query.text(5), Qt::ISODateWithMs)});
    }
    return votes;
}

void put(Database& database, const VoteRecord& record)
{
    database
        .prepare("INSERT OR REPLACE INTO vote (id, prompt, left_adapter, right_adapter, winner, "
                 "created) VALUES (:id, :prompt, :left, :right, :winner, :created)")
        .bind(":id", record.id)
        .bind(":prompt", record.prompt)
        .bind(":left", record.left)
        .bind(":right", record.right)
        .bind(":winner", record.winner)
        .bind(":created", record.created.toUTC().toString(Qt::ISODateWithMs))
        .run();
}

void clear(Database& database)
{
    database.prepare("DELETE FROM vote").run();
}

} // namespace app::vote_store
