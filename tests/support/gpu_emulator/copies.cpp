// A queue of groups of copies for each thread of a block.
#include "tests/support/gpu_emulator/copies.h"

#include <cstring>
#include <deque>
#include <vector>

#include "tests/support/gpu_emulator/block.h"

namespace emulator {

namespace {

struct Queue
{
    std::vector<Copy> open;
    std::deque<std::vector<Copy>> groups;
};

std::vector<Queue> g_queues; // by thread

Queue& own_queue()
{
    if (g_queues.size() <= threadIdx.x) {
        g_queues.resize(threadIdx.x + 1);
    }
    return g_queues[threadIdx.x];
}

void perform(const Copy& copy)
{
    if (copy.from == nullptr) {
        std::memset(copy.to, 0, copy.bytes);
    } else {
        std::memcpy(copy.to, copy.from, copy.bytes);
    }
}

} // namespace

void begin_copy(const Copy& copy)
{
    if ((blockIdx.x + blockIdx.y) % 2 == 0) {
        perform(copy);
    } else {
        own_queue().open.push_back(copy);
    }
}

void commit_copies()
{
    Queue& queue = own_queue();
    queue.groups.push_back(std::move(queue.open));
    queue.open.clear();
}

void finish_copies(int pending)
{
    Queue& queue = own_queue();
    while (queue.groups.size() > static_cast<std::size_t>(pending)) {
        for (const Copy& copy : queue.groups.front()) {
            perform(copy);
        }
        queue.groups.pop_front();
    }
}

void forget_copies()
{
    g_queues.clear();
}

} // namespace emulator
