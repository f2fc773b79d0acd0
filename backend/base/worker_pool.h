#pragma once

#include <functional>
#include <memory>

namespace gantry {

// Threads for work that blocks (unpacking archives, hashing, reading /proc), so that the I/O thread
// never does. Results go back with boost::asio::post onto the I/O thread's executor.
class WorkerPool final {
public:
    explicit WorkerPool(int threads);
    ~WorkerPool();  // waits for the work that has begun

    void post(std::function<void()> work);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace gantry
