// How often each of two adapters was preferred in blind votes.
#include "app/catalog/vote_tally.h"

using namespace Qt::StringLiterals;

namespace app {

VoteTally tallyOf(const QList<VoteRecord>& votes, const QString& left, const QString& right)
{
    VoteTally tally;
    for (const VoteRecord& vote : votes) {
        const bool isSame = vote.left == left && vote.right == right;
        const bool isSwapped = vote.left == right && vote.right == left;
        if (!isSame && !isSwapped) {
            continue;
        }
        if (vote.winner == "tie"_L1) {
            ++tally.ties;
        } else if ((vote.winner == "left"_L1) == isSame) {
            ++tally.left;
        } else {
            ++tally.right;
        }
    }
    return tally;
}

} // namespace app
