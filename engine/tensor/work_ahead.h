// Work that fills a buffer for one reader while the device still does what came before.
#pragma once

#include "engine/tensor/backend.h"

namespace engine {

// Fill buffer(), call filled(), queue what reads it, call read(). What fills it reads nothing that
// the device computes, only what was uploaded; a GPU takes kernels there and nothing else.
class WorkAhead
{
public:
    // Throws EngineError, as the functions below.
    explicit WorkAhead(Backend& backend)
        : m_backend(backend)
        , m_buffer(backend.begin_ahead())
    {}

    WorkAhead(const WorkAhead&) = delete;
    WorkAhead& operator=(const WorkAhead&) = delete;

    ~WorkAhead()
    {
        if (!m_read) {
            m_backend.drop_ahead();
        }
    }

    // Below Backend::buffers_ahead(); they take turns.
    [[nodiscard]] std::size_t buffer() const { return static_cast<std::size_t>(m_buffer); }

    void filled() { m_backend.end_ahead(); }

    void read()
    {
        m_backend.release_ahead(m_buffer);
        m_read = true;
    }

private:
    Backend& m_backend;
    int m_buffer;
    bool m_read = false;
};

} // namespace engine
