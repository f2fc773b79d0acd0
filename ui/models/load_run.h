#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"

#include <QObject>

#include <deque>
#include <memory>
#include <optional>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::models {

// One load on a function, from start to stop, with its progress over time. Stopping ends the
// stream, which ends the load at once; what was measured until then stays.
class LoadRun final : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Running, Finished, Stopped, Failed };

    static constexpr qint64 kBinMs = 500;
    static constexpr int kMaxBins = 1200; // ten minutes; older ones fall out of the chart

    struct Bin {
        double perSecond = 0;
        double p50Ms = 0;
        double p90Ms = 0;
        double p99Ms = 0;
    };

    explicit LoadRun(rpc::FunctionsApi& api, QObject* parent = nullptr);
    ~LoadRun() override;

    void start(const rpc::LoadRequest& request);
    void stop();
    void clear();

    State state() const { return m_state; }
    const rpc::LoadRequest& request() const { return m_request; }
    const rpc::LoadProgress& progress() const { return m_progress; }
    const std::optional<rpc::Error>& error() const { return m_error; }
    // 0 to 1 of what was asked for.
    double share() const;
    // Bins of kBinMs; the first one begins at firstBinMs().
    const std::deque<Bin>& bins() const { return m_bins; }
    qint64 firstBinMs() const { return m_firstBinMs; }

    // What the stream brings; public so that it can be checked without a platform.
    void take(const rpc::LoadProgress& progress);

Q_SIGNALS:
    void changed();

private:
    void finish(State state);

    rpc::FunctionsApi& m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    rpc::LoadRequest m_request;
    rpc::LoadProgress m_progress;
    std::optional<rpc::Error> m_error;
    std::deque<Bin> m_bins;
    qint64 m_startedMs = 0;
    qint64 m_firstBinMs = 0;
    State m_state = State::Idle;
};

} // namespace gantry::models
