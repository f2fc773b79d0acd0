#include "backend/daemon/resident_set.h"

#include "backend/base/worker_pool.h"

#include <chrono>
#include <cstdint>

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gantry {
namespace {

constexpr std::chrono::seconds kPeriod{30};

// Segments that nobody can write hold what the file holds: dropping their pages loses nothing. What
// the linker relocates lies in the writable ones.
int releaseReadOnlySegments(dl_phdr_info* object, std::size_t, void*)
{
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0)
            continue;
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr + page - 1) & ~(page - 1);
        const std::uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
        if (begin < end)
            madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

} // namespace

void releaseProgramPages()
{
    dl_iterate_phdr(releaseReadOnlySegments, nullptr);
}

ResidentSet::ResidentSet(boost::asio::io_context& io, WorkerPool& workers) : m_timer(io), m_workers(workers) {}

void ResidentSet::start()
{
    wait();
}

void ResidentSet::wait()
{
    m_timer.expires_after(kPeriod);
    m_timer.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled)
            return;
        m_workers.post(releaseProgramPages);
        wait();
    });
}

} // namespace gantry
