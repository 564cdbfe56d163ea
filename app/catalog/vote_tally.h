// How often each of two adapters was preferred in blind votes.
#pragma once

#include "app/catalog/records.h"

namespace app {

struct VoteTally
{
    int left = 0; // votes for the first of the two
    int ties = 0;
    int right = 0;

    [[nodiscard]] int total() const { return left + ties + right; }

    friend bool operator==(const VoteTally&, const VoteTally&) = default;
};

// Of the votes on just these two, whichever side each stood on. An empty id is the base.
[[nodiscard]] VoteTally
tallyOf(const QList<VoteRecord>& votes, const QString& left, const QString& right);

} // namespace app
