#pragma once

#include "backend/invoke/async_queue.h"

namespace gantry::observe {

class Recorder;

// Counts what becomes of asynchronous events. The recorder must outlive it.
class AsyncMetrics final : public invoke::AsyncObserver {
public:
    explicit AsyncMetrics(Recorder& recorder) : m_recorder(recorder) {}
    void asyncReceived(const std::string& functionName) override;
    void asyncAttempted(const std::string& functionName, std::int64_t ageMicros) override;
    void asyncDropped(const std::string& functionName, Drop why) override;
    void deadLetterFailed(const std::string& functionName) override;
    void destinationFailed(const std::string& functionName) override;

private:
    Recorder& m_recorder;
};

} // namespace gantry::observe
