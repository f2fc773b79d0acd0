#include "backend/base/worker_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

namespace gantry {

struct WorkerPool::Impl {
    explicit Impl(int threads) : pool(static_cast<std::size_t>(threads)) {}
    boost::asio::thread_pool pool;
};

WorkerPool::WorkerPool(int threads) : m_impl(std::make_unique<Impl>(threads)) {}

WorkerPool::~WorkerPool()
{
    m_impl->pool.stop();
    m_impl->pool.join();
}

void WorkerPool::post(std::function<void()> work)
{
    boost::asio::post(m_impl->pool, std::move(work));
}

} // namespace gantry
