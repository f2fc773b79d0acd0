#include "backend/observe/async_metrics.h"

#include "backend/observe/recorder.h"

namespace gantry::observe {

void AsyncMetrics::asyncReceived(const std::string& functionName)
{
    m_recorder.count(functionName, [](Bucket& bucket) { ++bucket.asyncReceived; });
}

void AsyncMetrics::asyncAttempted(const std::string& functionName, std::int64_t ageMicros)
{
    m_recorder.count(functionName, [ms = static_cast<double>(ageMicros) / 1'000](Bucket& bucket) {
        bucket.addAsyncAge(ms);
    });
}

void AsyncMetrics::asyncDropped(const std::string& functionName, Drop why)
{
    m_recorder.count(functionName, [why](Bucket& bucket) {
        ++bucket.asyncDropped;
        bucket.recursionsDropped += why == Drop::Recursion ? 1 : 0;
    });
}

void AsyncMetrics::deadLetterFailed(const std::string& functionName)
{
    m_recorder.count(functionName, [](Bucket& bucket) { ++bucket.deadLetterErrors; });
}

void AsyncMetrics::destinationFailed(const std::string& functionName)
{
    m_recorder.count(functionName, [](Bucket& bucket) { ++bucket.destinationFailures; });
}

} // namespace gantry::observe
