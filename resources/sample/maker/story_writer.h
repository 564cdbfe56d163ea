// Invents the sample's text: small stories told in chats, and two tasks that the stories do not
// teach.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/random.h"

namespace sample {

// A question and its answer, as one row of a data file.
struct Turn
{
    std::string user;
    std::string assistant;
};

// One row of the "facts" task: a sentence, and who had what in it.
struct Fact
{
    std::string instruction;
    std::string input;
    std::string output;
    std::string key; // the facts alone, to keep the held-out rows apart
};

// One row of the "questions" task: a sentence and a question about it.
struct Question
{
    Turn turn;
    std::string key;
};

// How often a story comes back to what was put where.
enum class Recall { Sometimes, Often };

class StoryWriter
{
public:
    explicit StoryWriter(std::uint64_t seed);

    // A request for a story and the story: things are put somewhere, and later asked for or found.
    [[nodiscard]] Turn story(Recall amount);

    // `held_out` draws from names that the training rows never use.
    [[nodiscard]] Fact fact(bool held_out);

    [[nodiscard]] Question question(bool held_out);

private:
    struct Placed // a thing and where it was put
    {
        std::string who;
        std::string thing; // "red lamp"
        std::string where; // "under the bench"
        std::string place; // "the bench"
    };

    template <typename T>
    [[nodiscard]] const T& pick(const std::vector<T>& list);
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] std::string name(const std::vector<std::string>& taken);
    [[nodiscard]] std::string task_name(bool held_out);
    [[nodiscard]] std::string thing(const std::vector<std::string>& taken);
    [[nodiscard]] Placed placed(const std::string& who, const std::vector<Placed>& before);
    [[nodiscard]] std::string put_sentence(const Placed& placed);
    [[nodiscard]] std::string recall(const Placed& placed, const std::string& other);
    [[nodiscard]] std::string filler(const std::string& who);

    engine::Random m_random;
};

} // namespace sample
