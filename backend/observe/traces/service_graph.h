#pragma once

#include "aws/xray.pb.h"
#include "backend/observe/traces/trace.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace gantry::observe::traces {

// The services of traces and the calls between them, with counts and times: X-Ray's service graph.
// A caller outside is a service of type client.
class ServiceGraph final {
public:
    void add(const Trace& trace);

    // With ids from 0 in the order of names.
    void fill(google::protobuf::RepeatedPtrField<aws::xray::Service>& services,
              const std::string& accountId) const;

private:
    struct Tally {
        std::int64_t ok = 0, throttles = 0, errors = 0, faults = 0; // errors without throttles
        double seconds = 0;
        std::int64_t firstMicros = 0, lastMicros = 0;
        std::map<double, int> times; // seconds, in steps that a histogram shows

        void count(const Segment& segment);
        std::int64_t total() const { return ok + throttles + errors + faults; }
    };
    template <class Statistics> static void fillStatistics(const Tally& tally, Statistics& to);
    static void fillHistogram(const Tally& tally,
                              google::protobuf::RepeatedPtrField<aws::xray::HistogramEntry>& to);
    static void fillEdge(const Tally& tally, int to, aws::xray::Edge& edge);

    std::map<ServiceName, Tally> m_services;
    std::map<std::pair<ServiceName, ServiceName>, Tally> m_calls;
    std::set<ServiceName> m_roots;
};

} // namespace gantry::observe::traces
