// The word lists and sentence patterns of the sample's world.
#include "resources/sample/maker/story_writer.h"

#include <algorithm>

namespace sample {

namespace {

using Words = std::vector<std::string>;

const Words kNames = {"Mara",  "Tom",   "Ben",   "Lena",  "Rosa",  "Finn",  "Nora",  "Otto",
                      "Iris",  "Hugo",  "Clara", "Jon",   "Elsa",  "Karl",  "Mina",  "Paul",
                      "Greta", "Leo",   "Ada",   "Max",   "Vera",  "Emil",  "Sara",  "Felix",
                      "Anna",  "Oscar", "Ruth",  "Simon", "Julia", "Peter", "Edith", "Noah",
                      "Lucy",  "Henry", "Alma",  "Theo",  "Wanda", "Bruno", "Celia", "David"};
// The last eight names appear in the stories, and in the tasks only among the held-out rows.
constexpr std::size_t kTaskNames = 32;

const Words kQualities = {"red",
                          "blue",
                          "green",
                          "yellow",
                          "black",
                          "white",
                          "old",
                          "new",
                          "small",
                          "big",
                          "round",
                          "long",
                          "heavy",
                          "golden",
                          "brown",
                          "broken"};
const Words kThings = {"lamp",    "key",    "book",   "cup",   "ball",  "hat",    "coat",
                       "box",     "bell",   "rope",   "knife", "spoon", "drum",   "kite",
                       "map",     "coin",   "ring",   "shoe",  "flute", "basket", "candle",
                       "mirror",  "brush",  "letter", "clock", "plate", "stone",  "bottle",
                       "blanket", "hammer", "ladder", "bucket"};

struct Place
{
    std::string name;        // "the mill"
    std::string preposition; // "in"
};

const std::vector<Place> kPlaces = {
    {"the mill", "in"},        {"the barn", "in"},      {"the kitchen", "in"},
    {"the garden", "in"},      {"the cellar", "in"},    {"the tower", "in"},
    {"the school", "in"},      {"the shop", "in"},      {"the bench", "under"},
    {"the bridge", "under"},   {"the table", "under"},  {"the bed", "under"},
    {"the oak tree", "under"}, {"the stairs", "under"}, {"the shelf", "on"},
    {"the roof", "on"},        {"the wall", "on"},      {"the boat", "on"},
    {"the chair", "on"},       {"the hill", "on"},      {"the door", "behind"},
    {"the house", "behind"},   {"the stove", "behind"}, {"the church", "behind"},
    {"the well", "near"},      {"the river", "near"},   {"the gate", "near"},
    {"the lake", "near"},      {"the station", "near"}, {"the market", "near"},
    {"the fence", "near"},     {"the forest", "near"}};

const Words kPutVerbs = {"put", "left", "hid", "placed", "dropped"};
const Words kTimes = {"One morning",
                      "One evening",
                      "After lunch",
                      "Before school",
                      "Late at night",
                      "On Monday",
                      "On Sunday",
                      "In the spring",
                      "In the winter",
                      "At noon"};
const Words kWeathers = {"The sun was warm.",
                         "It was a cold day.",
                         "Rain fell on the roofs.",
                         "The wind was strong.",
                         "Snow lay on the ground.",
                         "The sky was clear and blue.",
                         "Fog came up from the river.",
                         "A soft wind moved the leaves."};
const Words kAnimals = {"dog", "cat", "horse", "goat", "fox", "owl", "duck", "mouse"};
const Words kFoods = {"bread", "soup", "apples", "cake", "cheese", "porridge", "plums", "honey"};
const Words kNumbers = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
const Words kMoods = {"happy", "tired", "proud", "quiet", "hungry", "curious", "glad", "sleepy"};

std::string sentence(std::string text)
{
    text[0] = static_cast<char>(text[0] >= 'a' && text[0] <= 'z' ? text[0] - ('a' - 'A') : text[0]);
    return text;
}

} // namespace

StoryWriter::StoryWriter(std::uint64_t seed)
    : m_random(seed)
{}

template <typename T>
const T& StoryWriter::pick(const std::vector<T>& list)
{
    return list[m_random.below(list.size())];
}

bool StoryWriter::chance(double probability)
{
    return m_random.uniform() < probability;
}

std::string StoryWriter::name(const Words& taken)
{
    for (;;) {
        const std::string& name = pick(kNames);
        if (std::find(taken.begin(), taken.end(), name) == taken.end()) {
            return name;
        }
    }
}

std::string StoryWriter::task_name(bool held_out)
{
    const std::size_t first = held_out ? kTaskNames : 0;
    const std::size_t count = held_out ? kNames.size() - kTaskNames : kTaskNames;
    return kNames[first + m_random.below(count)];
}

std::string StoryWriter::thing(const Words& taken)
{
    for (;;) {
        const std::string& noun = pick(kThings);
        if (std::find(taken.begin(), taken.end(), noun) == taken.end()) {
            return pick(kQualities) + " " + noun;
        }
    }
}

StoryWriter::Placed StoryWriter::placed(const std::string& who, const std::vector<Placed>& before)
{
    Words nouns;
    Words places;
    for (const Placed& other : before) {
        nouns.push_back(other.thing.substr(other.thing.find(' ') + 1));
        places.push_back(other.place);
    }
    for (;;) {
        const Place& place = pick(kPlaces);
        if (std::find(places.begin(), places.end(), place.name) == places.end()) {
            return {who, thing(nouns), place.preposition + " " + place.name, place.name};
        }
    }
}

std::string StoryWriter::put_sentence(const Placed& placed)
{
    std::string plain =
        placed.who + " " + pick(kPutVerbs) + " the " + placed.thing + " " + placed.where + ".";
    switch (m_random.below(4)) {
    case 0:
        return pick(kTimes) + ", " + plain;
    case 1:
        return placed.who + " carried the " + placed.thing + " to " + placed.place + " and left it "
               + placed.where + ".";
    case 2:
        return placed.who + " had the " + placed.thing + " and put it " + placed.where + ".";
    default:
        return plain;
    }
}

// A sentence or two that can only be written by one who remembers where the thing is.
std::string StoryWriter::recall(const Placed& placed, const std::string& other)
{
    switch (m_random.below(6)) {
    case 0:
        return "\"Where is the " + placed.thing + "?\" asked " + other + ". \"The " + placed.thing
               + " is " + placed.where + ",\" said " + placed.who + ".";
    case 1:
        return other + " found the " + placed.thing + " " + placed.where + ".";
    case 2:
        return "Later the " + placed.thing + " was still " + placed.where + ".";
    case 3:
        return "\"Who had the " + placed.thing + "?\" asked " + other + ". It was " + placed.who
               + ".";
    case 4:
        return "\"What did you find " + placed.where + "?\" asked " + placed.who
               + ". \"I found the " + placed.thing + ",\" said " + other + ".";
    default:
        return other + " looked " + placed.where + " and saw the " + placed.thing + ".";
    }
}

std::string StoryWriter::filler(const std::string& who)
{
    switch (m_random.below(7)) {
    case 0:
        return pick(kWeathers);
    case 1:
        return who + " was " + pick(kMoods) + ".";
    case 2:
        return who + " ate some " + pick(kFoods) + ".";
    case 3:
        return "A " + pick(kAnimals) + " ran past the " + pick(kAnimals) + ".";
    case 4:
        return who + " counted " + pick(kNumbers) + " " + pick(kThings) + "s.";
    case 5:
        return who + " sang a song about the " + pick(kAnimals) + ".";
    default:
        return "They walked to " + pick(kPlaces).name + " and back.";
    }
}

Turn StoryWriter::story(Recall amount)
{
    const bool often = amount == Recall::Often;
    Words people = {name({})};
    people.push_back(name(people));
    if (chance(0.5)) {
        people.push_back(name(people));
    }
    std::vector<Placed> things;
    const std::size_t count = 1 + m_random.below(3);
    std::string text =
        sentence(people[0] + " and " + people[1] + " lived near " + pick(kPlaces).name + ".");
    if (chance(0.5)) {
        text += " " + pick(kWeathers);
    }
    for (std::size_t i = 0; i < count; ++i) {
        things.push_back(placed(pick(people), things));
        text += " " + put_sentence(things.back());
        if (chance(often ? 0.1 : 0.4)) {
            text += " " + filler(pick(people));
        }
    }
    const auto other_than = [&](const std::string& who) {
        return who == people[0] ? people[1] : people[0];
    };
    for (std::size_t i = 0; i < count + (often ? 5 : 1); ++i) {
        const Placed& asked = pick(things);
        text += " " + recall(asked, other_than(asked.who));
        if (chance(often ? 0.0 : 0.2)) {
            text += " " + filler(pick(people));
        }
    }
    text += chance(0.5) ? " In the evening they went home." : " " + people[0] + " smiled.";

    const Placed& first = things.front();
    switch (m_random.below(5)) {
    case 0:
        return {"Tell me a story.", text};
    case 1:
        return {"Tell me a story about " + people[0] + " and " + people[1] + ".", text};
    case 2:
        return {"Tell me about the " + first.thing + ".", text};
    case 3:
        return {"What happened to the " + first.thing + " and to " + people[0] + "?", text};
    default:
        return {"Write a story with " + people[0] + ", " + people[1] + " and the " + first.thing
                    + ".",
                text};
    }
}

Fact StoryWriter::fact(bool held_out)
{
    const Placed facts = placed(task_name(held_out), {});
    return {"List who and what.",
            put_sentence(facts),
            "Who? " + facts.who + "\nWhat? the " + facts.thing,
            facts.who + "/" + facts.thing + "/" + facts.where};
}

Question StoryWriter::question(bool held_out)
{
    const Placed facts = placed(task_name(held_out), {});
    const std::string text = put_sentence(facts) + (chance(0.5) ? " " + pick(kWeathers) : "");
    const std::string asked =
        chance(0.5) ? " Who had the " + facts.thing + "?" : " What did " + facts.who + " have?";
    return {{text + asked, facts.who + " had the " + facts.thing + "."},
            facts.who + "/" + facts.thing + "/" + facts.where};
}

} // namespace sample
