#pragma once

#include <boost/asio/steady_timer.hpp>

namespace gantry {

class WorkerPool;

// Drops the pages of the program's and its libraries' read-only segments from resident memory. They
// stay in the system's page cache, from where the kernel maps what is touched again.
void releaseProgramPages();

// Keeps in the daemon's resident memory what it works with. Most pages of the program and of its
// libraries are used once, by the start, and are released soon after it and again in each half minute;
// the first call after that takes about a millisecond more.
class ResidentSet final {
public:
    ResidentSet(boost::asio::io_context& io, WorkerPool& workers);

    void start(); // the timer goes with the object

private:
    void wait();

    boost::asio::steady_timer m_timer;
    WorkerPool& m_workers;
};

} // namespace gantry
